/* Engawa's script. Every page works without it: here the same links and forms do what they
   do anyway, but without a reload. What it says comes translated in <template id="words">
   (templates/_script.html), and what it shows is HTML that our own pages answered, read by
   DOMParser, in which nothing runs. */

const words = document.getElementById("words").dataset;
const main = document.getElementById("main");
const language = document.documentElement.lang;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** The longest wait for an answer. Our server gives up on other people's before that. */
const PATIENCE = 60 * SECOND;

/** Browsers that lack any of this keep the plain pages. */
const isRecent =
  "replaceChildren" in Element.prototype &&
  "timeout" in AbortSignal &&
  "showModal" in (window.HTMLDialogElement?.prototype ?? {}) &&
  "submitter" in (window.SubmitEvent?.prototype ?? {});

// Small parts --------------------------------------------------------------------------

/** An element with a class and content. */
function element(name, className, ...content) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content);
  return made;
}

function button(label, className, onClick) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

/** One of the sentences `NAME-one` and `NAME-other`, as the language counts. */
function counted(name, count, shown = count) {
  const isOne = new Intl.PluralRules(language).select(count) === "one";
  return words[name + (isOne ? "One" : "Other")].replace("{count}", shown);
}

/** Fetch one of our pages: its response, and its document. Rejects when no answer comes. */
async function read(address, options = {}) {
  const signal = AbortSignal.timeout(PATIENCE);
  const response = await fetch(address, { signal, ...options });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { response, page };
}

/** Fetch a page with notes or emoji; null, once that was said, if it can't be shown here. */
async function readOrSay(address, options) {
  const answer = await read(address, options).catch(() => null);
  if (answer?.response.redirected) {
    // Signed out meanwhile: the browser shows where that leads.
    location.assign(address);
  } else if (!answer?.response.ok) {
    const told = [...(answer?.page.querySelectorAll("main .panel > p") ?? [])];
    say(told.map((line) => line.textContent).join(" ") || words.notLoaded, true);
  } else {
    return answer;
  }
  return null;
}

/** The values that the markup of some notes needs lie in sheets beside them. */
function addSheets(page) {
  for (const sheet of page.querySelectorAll("body link[rel=stylesheet]")) {
    const address = sheet.getAttribute("href");
    const isThere = [...document.styleSheets].some((known) => known.href === sheet.href);
    if (!isThere && address) document.head.append(document.adoptNode(sheet));
  }
}

// Saying things ------------------------------------------------------------------------

/** A place for messages at the edge of the window, so that saying something moves nothing.
    It is there before anything is said, or screen readers would not listen to it. */
function addRegion(parent) {
  parent.append(element("div", "said"));
}

let silence;

/** Show a `.notice`, and have it read out. Problems stay until they are closed. */
function show(notice) {
  const region = (document.querySelector("dialog[open]") ?? document.body).querySelector(
    ":scope > .said",
  );
  const isProblem = notice.classList.contains("is-problem");
  notice.removeAttribute("role");
  notice.append(button(words.close, "link small", hush));
  region.setAttribute("role", isProblem ? "alert" : "status");
  region.replaceChildren(notice);
  clearTimeout(silence);
  if (!isProblem) silence = setTimeout(hush, 10 * SECOND);
}

function say(text, isProblem = false) {
  show(element("div", isProblem ? "notice is-problem" : "notice", element("p", "", text)));
}

/** Take away what was said; whether there was anything. */
function hush() {
  const said = [...document.querySelectorAll(".said")].filter((region) => region.firstChild);
  for (const region of said) {
    const hadFocus = region.contains(document.activeElement);
    region.replaceChildren();
    if (hadFocus) main.focus({ preventScroll: true });
  }
  return said.length > 0;
}

// Actions on a note --------------------------------------------------------------------

const ACTION = /^\/notes\/[^/]+\/[a-z-]+$/;

/** Send a form of a note, and put the note as it is then in its place. */
function onSubmit(event) {
  const { target: form, submitter } = event;
  const address = form.getAttribute("action");
  const note = form.closest(".note") ?? noteOfPalette(form);
  if (event.defaultPrevented || !note) return;
  if (form.matches("[role=search]")) {
    event.preventDefault();
    search(form);
  }
  if (form.method !== "post" || !ACTION.test(address)) return;
  event.preventDefault();
  // One thing at a time: a second press does nothing.
  if (note.getAttribute("aria-busy") !== "true") act(note, form, submitter, address);
}

async function act(note, form, submitter, address) {
  const data = new URLSearchParams(new FormData(form));
  if (submitter?.name) data.append(submitter.name, submitter.value);
  data.set("anchor", note.id.replace("note-", ""));
  setBusy(note, submitter, true);
  // A redirect is no fragment. It is not followed, and nothing is ever sent again by itself.
  const headers = { "X-Engawa-Fragment": "note" };
  const options = { method: "POST", body: data, headers, redirect: "manual" };
  const answer = await read(address, options).catch(() => null);
  setBusy(note, submitter, false);
  const notice = answer?.page.querySelector(".notice");
  if (!answer) {
    say(words.noAnswer, true);
  } else if (!notice || answer.page.querySelector("main")) {
    say(words.strangeAnswer, true);
  } else {
    takeIn(answer, note, notice);
  }
}

function setBusy(note, submitter, isBusy) {
  // Not `disabled`, which would lose the focus.
  for (const [part, attribute] of [[note, "aria-busy"], [submitter, "aria-disabled"]]) {
    if (isBusy) part?.setAttribute(attribute, "true");
    else part?.removeAttribute(attribute);
  }
}

/** A fragment: a notice, mostly the note, and the sheets it needs. */
function takeIn({ response, page }, note, notice) {
  const fresh = page.querySelector("article.note");
  if (response.ok) document.querySelector("dialog.palette[open]")?.close();
  addSheets(page);
  if (fresh) swap(note, fresh);
  else if (response.ok) takeAway(note);
  show(notice);
}

/** Put `fresh` in the place of `old`, as open as that was, and the focus where it was. */
function swap(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  for (const kind of ["details.cw", "details.veiled", ".poll details"]) {
    const now = fresh.querySelectorAll(kind);
    old.querySelectorAll(kind).forEach((details, index) => {
      if (now[index]) now[index].open = details.open;
    });
  }
  // What is playing goes on.
  for (const player of old.querySelectorAll("video, audio")) {
    const same = [...fresh.querySelectorAll(player.localName)].find(
      (other) => other.getAttribute("src") === player.getAttribute("src"),
    );
    same?.replaceWith(player);
  }
  const place = focused && placeIn(fresh, old, focused);
  if (came.has(old)) came.set(fresh, came.get(old));
  old.replaceWith(fresh);
  place?.focus({ preventScroll: true });
}

/** What stands in `fresh` where `control` stands in `old`: the summary of the same menu,
    else the same control, else the summary of the last menu, else the note. */
function placeIn(fresh, old, control) {
  const summaries = fresh.querySelectorAll(".menu > summary");
  const menu = control.closest(".menu");
  if (menu) return summaries[[...old.querySelectorAll(".menu")].indexOf(menu)] ?? fresh;
  const same = [...fresh.querySelectorAll("button, a, summary")].find(
    (other) =>
      other.localName === control.localName &&
      // A pill that became one's own has another name and value, but the same title.
      (control.title
        ? other.title === control.title
        : other.name === control.name &&
          other.value === control.value &&
          other.getAttribute("href") === control.getAttribute("href")),
  );
  return same ?? summaries[summaries.length - 1] ?? fresh;
}

/** The note is gone. Its neighbour gets the focus. */
function takeAway(note) {
  const hadFocus = note.contains(document.activeElement);
  const neighbour = noteBeside(note, 1) ?? noteBeside(note, -1) ?? main;
  note.remove();
  if (hadFocus) neighbour.focus({ preventScroll: true });
}

// More notes, below and above ----------------------------------------------------------

const started = location.href.split("#")[0];
/** The address of the page that a note came with later. */
const came = new WeakMap();
let hasMore = false;

/** The notes of `page` that are not here yet. */
function newNotes(page) {
  return [...page.querySelectorAll(".note")].filter(
    (note) => !document.getElementById(note.id),
  );
}

/** Put the page that `link` leads to below the notes that are here. */
async function loadMore(link) {
  if (link.getAttribute("aria-disabled")) return;
  link.setAttribute("aria-disabled", "true");
  const answer = await readOrSay(link.href);
  link.removeAttribute("aria-disabled");
  if (!answer) return;
  const { page } = answer;
  const notes = newNotes(page);
  const turn = link.closest(".turn");
  const next = page.querySelector(".turn a[rel=next]");
  // Where there is nothing older, the page says so in a panel.
  const end = next?.closest(".turn") ?? (notes.length ? null : page.querySelector("main .panel"));
  addSheets(page);
  for (const note of notes) came.set(note, link.href);
  turn.before(...notes);
  if (end) turn.replaceWith(end);
  else turn.remove();
  if (notes.length) {
    notes[0].focus();
    rememberPlace(notes[0]);
    live?.listen(); // Of these, too.
  } else {
    end?.querySelector("a")?.focus();
  }
}

/** Let a reload, and Back from elsewhere, come to `note`: it lies on a page of its own. */
function rememberPlace(note) {
  hasMore = true;
  // That page is shorter than this one; the browser shall go to the note instead.
  history.scrollRestoration = "manual";
  history.replaceState(null, "", `${came.get(note) ?? started}#${note.id}`);
}

/** Go to the note that was remembered, when somebody came back to it. */
function comeBack() {
  const note = document.getElementById(location.hash.slice(1));
  if (history.scrollRestoration !== "manual" || !note) return;
  note.scrollIntoView();
  note.focus({ preventScroll: true });
}

const newer = main.querySelector(".turn a[rel=prev][data-live]");
const icon = document.querySelector("link[rel=icon]");
const plain = { title: document.title, icon: icon.href, newer: newer?.textContent };
/** The number a title begins with, or the place for one. */
const NUMBER = /^(\([^)]*\) )?/;
const LONGEST_PAUSE = 10 * MINUTE;
/** Newer notes that are not shown yet, the newest first. */
let waiting = [];
let pause = MINUTE;
let nextLook = Date.now() + MINUTE;
let timer;

/** Look for newer notes in a minute; not while nobody sees the page, nor while we are told. */
function planLook() {
  clearTimeout(timer);
  if (!newer || document.hidden || navigator.connection?.saveData || live?.isTold()) return;
  timer = setTimeout(look, Math.max(0, nextLook - Date.now()));
}

async function look() {
  nextLook = Date.now() + pause; // Not twice at once.
  const answer = await read(newer.href).catch(() => null);
  const isGood = answer?.response.ok && !answer.response.redirected;
  if (isGood) takeNewer(answer.page);
  pause = isGood ? MINUTE : Math.min(2 * pause, LONGEST_PAUSE);
  nextLook = Date.now() + pause;
  planLook();
}

/** Keep what the page above this one has, and say so. */
function takeNewer(page) {
  const notes = newNotes(page);
  addSheets(page);
  announce(notes, notes.length >= Number(newer.dataset.live));
}

/** Say on the link, in the title and by the icon how many newer notes there are. Their
    number takes the place of that of the notifications, which the badge tells. */
function announce(notes, isFull = false) {
  waiting = notes;
  const count = notes.length;
  const shown = isFull ? `${count}+` : String(count);
  const text = count ? counted("new", count, shown) : plain.newer;
  if (newer.textContent !== text) newer.textContent = text;
  newer.classList.toggle("button", count > 0);
  document.title = count ? plain.title.replace(NUMBER, `(${shown}) `) : plain.title;
  icon.href = count ? words.newIcon : plain.icon;
}

const idOf = (note) => note.id.replace("note-", "");

/** Put newer notes above the others. The page stays where it is. */
async function showNewer() {
  if (!waiting.length) {
    const page = (await readOrSay(newer.href))?.page;
    if (!page) return;
    takeNewer(page);
    if (!waiting.length) {
      say(page.querySelector("main .panel")?.textContent.trim() ?? plain.newer);
      return;
    }
  }
  const [first] = waiting;
  putOnTop(waiting);
  first.focus({ preventScroll: true });
  // There may be more than one page of them.
  nextLook = Math.min(nextLook, Date.now() + SECOND);
  planLook();
}

function putOnTop(notes) {
  main.querySelector(".note").before(...notes);
  const next = new URL(newer.href);
  next.searchParams.set("since", idOf(notes[0]));
  newer.href = next;
  announce([]);
}

/** Where what happens is told: on this timeline, or at least to what the page shows. */
const stream = main.querySelector("[data-stream]")?.dataset.stream ?? words.stream;
/** What tells us of it (live.js), once it is there. */
let live = null;

/** Who only passes through costs no stream, and no line is in use for its script before. */
const STAY = 2 * SECOND;

/** Be told of what happens from now on. */
async function beTold() {
  // Where it does not come, newer notes are looked for now and then.
  const { begin } = await import(words.live).catch(() => ({}));
  if (!begin) return;
  const parts = { main, words, language, newer, stream, plain, element, counted, addSheets };
  const doings = { newNotes, idOf, announce, putOnTop, planLook, waiting: () => waiting };
  live = begin({ ...parts, ...doings, NUMBER });
}

// Emoji to react with ------------------------------------------------------------------

/** Show the page of all emoji over the others. The same forms and links work in it. */
async function openPalette(link) {
  const note = link.closest(".note");
  const answer = await readOrSay(link.href);
  if (!answer || document.querySelector("dialog[open]")) return;
  const close = button(words.close, "button plain close", () => dialog.close());
  const panel = answer.page.querySelector("main .panel");
  panel.querySelector(".quote")?.remove(); // The note itself is right behind.
  const dialog = element("dialog", "palette", close, panel);
  dialog.dataset.note = note.id;
  dialog.setAttribute("aria-label", dialog.querySelector("h1").textContent);
  dialog.addEventListener("close", () => closePalette(dialog));
  addRegion(dialog);
  document.body.append(dialog);
  dialog.showModal();
  // Where fingers type, the keyboard would hide what there is to choose from.
  if (matchMedia("(pointer: fine)").matches) dialog.querySelector("input[type=search]").focus();
}

/** The browser gives the focus back to the link; the note may have been replaced since. */
function closePalette(dialog) {
  const summaries = noteOfPalette(dialog)?.querySelectorAll(".menu > summary") ?? [];
  dialog.remove();
  if (document.activeElement === document.body) summaries[summaries.length - 1]?.focus();
}

/** The note that the palette around `part` is for, if there is one around it. */
function noteOfPalette(part) {
  return document.getElementById(part.closest("dialog.palette")?.dataset.note ?? "");
}

let typing;
let asked = 0;

/** Search while somebody types, once they pause. */
function onInput({ target }) {
  const form = target.closest("dialog.palette form[role=search]");
  clearTimeout(typing);
  if (form) typing = setTimeout(() => search(form), 250);
}

function search(form) {
  fill(form, `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
}

/** Put what the page at `address` has below the search field in the place of what is there;
    the field itself stays, for somebody types in it. */
async function fill(form, address) {
  const turn = ++asked;
  const answer = await readOrSay(address);
  // A later question may have been answered first.
  if (!answer || turn !== asked || !form.isConnected) return;
  const fresh = answer.page.querySelector("form[role=search]");
  addSheets(answer.page);
  while (form.nextSibling) form.nextSibling.remove();
  while (fresh.nextSibling) form.parentElement.append(fresh.nextSibling);
  const region = form.closest("dialog").querySelector(":scope > .said");
  const count = form.parentElement.querySelectorAll(".found button").length;
  region.setAttribute("role", "status");
  region.replaceChildren(element("p", "unseen", counted("found", count)));
}

// Keys ---------------------------------------------------------------------------------

const TYPING = "input, textarea, select, [contenteditable], dialog, video, audio";

/** What each key does with the note that has the focus, if any. False: nothing. */
const KEYS = {
  j: (note) => step(note, 1),
  k: (note) => step(note, -1),
  t: () => focusOn(main.querySelector(".note")),
  n: () => location.assign(words.write),
  h: () => location.assign(words.keys),
  r: (note) => press(note?.querySelector('a[href^="/compose?reply_id="]')),
  q: (note) => openMenu(note?.querySelector('.menu form[action$="/renote"]')),
  e: (note) => openMenu(note?.querySelector(".menu form.reactions")),
  m: (note) => press(note?.querySelector('.acts a[href*="/more?"]')),
  s: (note) => turnOver(note?.querySelector("details.cw")),
};
Object.assign(KEYS, { p: KEYS.n, "?": KEYS.h, a: KEYS.e, "+": KEYS.e, o: KEYS.m });

function onKey(event) {
  const { target, key } = event;
  if (event.defaultPrevented || event.isComposing) return;
  if (key === "Escape") {
    const dialog = target.closest("dialog");
    // A search field would take the first Escape for itself.
    if (dialog) event.preventDefault();
    if (dialog) dialog.close();
    else leave(target);
    return;
  }
  if (!words.keys || event.ctrlKey || event.altKey || event.metaKey) return;
  if (target.closest(TYPING)) return;
  const note = target.closest(".note");
  // Shift makes ? and +. With any other key it is not ours.
  const does = /^[1-9]$/.test(key)
    ? () => press(document.querySelectorAll(".menu[open] form.reactions button")[key - 1])
    : KEYS[event.shiftKey ? key : key.toLowerCase()];
  if (does && does(note) !== false) event.preventDefault();
}

function focusOn(target) {
  if (!target) return false;
  target.focus();
  return true;
}

function press(control) {
  if (!control) return false;
  control.click();
  return true;
}

/** The next note of the page, or the one before. */
function noteBeside(note, direction) {
  const notes = [...main.querySelectorAll(".note")];
  return notes[notes.indexOf(note) + direction];
}

/** From one note to the next; from nowhere, to the first that is in the window. */
function step(note, direction) {
  if (note) {
    const more = direction > 0 && main.querySelector(".turn a[rel=next]");
    return focusOn(noteBeside(note, direction)) || press(more);
  }
  const notes = [...main.querySelectorAll(".note")];
  return focusOn(notes.find((one) => one.getBoundingClientRect().bottom > 80));
}

function openMenu(content) {
  const menu = content?.closest(".menu");
  if (!menu) return false;
  closeMenus(menu);
  menu.open = true;
  return focusOn(menu.querySelector("button, a"));
}

function turnOver(warning) {
  if (!warning) return false;
  warning.open = !warning.open;
  return true;
}

/** Close what is open: a menu, else a message; else leave the note. */
function leave(target) {
  const menu = document.querySelector(".menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (!hush() && target.matches(".note")) {
    target.blur();
  }
}

/** Close all menus but one. */
function closeMenus(kept) {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (menu !== kept) menu.open = false;
  }
}

// Times --------------------------------------------------------------------------------

const UNITS = [
  ["year", 365 * 24 * 3600],
  ["month", 30 * 24 * 3600],
  ["week", 7 * 24 * 3600],
  ["day", 24 * 3600],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat(language);
// Clocks go wrong. A page that Back brought may be old, and tells nothing about the clock.
const [arrival] = performance.getEntriesByType("navigation");
const clockError =
  arrival?.type === "back_forward" ? 0 : Date.parse(words.now) - Date.now();

/** How long ago or ahead, in the words of the server (`ago` in app/rendering.py): by the
    largest unit of which there is 0.85. Null for what it shows as a date. */
function ago(moment) {
  const age = (Date.now() + clockError - moment) / SECOND;
  const days = Math.floor(age / (24 * 3600));
  if (days > 300 || days < -1) return null;
  let seconds = Math.round(age);
  if (seconds > -120 && seconds < 5) return words.justNow;
  if (Math.abs(seconds) >= 3600) seconds = 60 * Math.floor(seconds / 60);
  const [unit, size] = UNITS.find((one) => Math.abs(seconds) / one[1] >= 0.85);
  return relative.format(-Math.sign(seconds) * rounded(Math.abs(seconds) / size), unit);
}

/** Rounded as Python does: a half goes to the even side. */
function rounded(value) {
  const whole = Math.floor(value);
  return value - whole === 0.5 ? whole + (whole % 2) : Math.round(value);
}

function refreshTimes() {
  if (document.hidden) return;
  for (const time of main.querySelectorAll(".note time")) {
    const text = ago(Date.parse(time.dateTime));
    if (text && time.textContent !== text) time.textContent = text;
  }
  main.querySelectorAll(".poll [data-ended]").forEach(endPoll);
}

/** Once its time is over: a poll's results in the place of its choices. */
function endPoll(word) {
  if (Date.now() + clockError < Date.parse(word.nextElementSibling.dateTime)) return;
  const poll = word.closest(".poll");
  word.replaceWith(word.dataset.ended);
  poll.querySelector("form")?.replaceWith(poll.querySelector(".results"));
  poll.querySelector("details")?.remove();
}

// Copying ------------------------------------------------------------------------------

function addCopyButton(source) {
  const label = source.labels?.[0].textContent ?? "";
  const made = button(words.copy, "button plain copy", async () => {
    const text = source.value ?? source.textContent;
    const isCopied = await navigator.clipboard.writeText(text).then(() => true, () => false);
    if (isCopied) say(words.copied);
    else say(words.notCopied, true);
  });
  if (label) made.setAttribute("aria-label", `${words.copy}: ${label}`);
  source.after(made);
}

// Everything, in one place ---------------------------------------------------------------

function onClick(event) {
  const { target } = event;
  if (!target.closest("dialog")) closeMenus(target.closest(".menu"));
  if (target.matches("dialog.palette")) target.close(); // The part around what it shows.
  const link = target.closest("a[href]");
  const isPlain =
    event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || event.defaultPrevented) return;
  const does = doingOf(link);
  if (does) {
    event.preventDefault();
    does(link);
  } else if (hasMore && link.closest(".note")) {
    rememberPlace(link.closest(".note"));
  }
}

/** What the script does in the place of following `link`, if anything. */
function doingOf(link) {
  if (link === newer) return live?.isBehind() ? null : showNewer;
  if (link.matches(".turn a[rel=next]") && main.querySelector(".note")) return loadMore;
  if (link.matches(".note .menu form.reactions a")) return openPalette;
  const palette = link.closest("dialog.palette");
  if (!palette) return null;
  if (link.matches(".categories a"))
    return () => fill(palette.querySelector("form[role=search]"), link.href);
  return link.closest("p") ? () => palette.close() : null;
}

function start() {
  addRegion(document.body);
  comeBack();
  document.addEventListener("submit", onSubmit);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", onInput);
  document.addEventListener("engawa:say", ({ detail }) => say(detail.text, detail.isProblem));
  document.addEventListener("visibilitychange", refreshTimes);
  setInterval(refreshTimes, MINUTE);
  if (navigator.clipboard) document.querySelectorAll(".copyable").forEach(addCopyButton);
  if (newer) {
    newer.parentElement.setAttribute("aria-live", "polite");
    document.addEventListener("visibilitychange", planLook);
    planLook();
  }
  if (stream) addEventListener("load", () => setTimeout(beTold, STAY));
}

if (isRecent) start();
