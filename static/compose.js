/* The form to write a note, made quicker. All of it works without this script, which only
   saves round trips and keeps what was typed in a tab that is closed. Its sentences are the
   server's (data-words on the form), and so in the page's language. */

const form = document.querySelector("form[data-words]");
const text = form.elements.text;
const words = JSON.parse(form.dataset.words);
const language = document.documentElement.lang;
const digits = new Intl.NumberFormat(language);

/** Seen and read aloud: what has just happened. */
const status = element("p", { class: "hint", role: "status" });
/** Only read aloud. */
const aloud = element("p", { class: "unseen", role: "status" });

/** The sentence `name`, with what stands in {} filled in. */
function phrase(name, values = {}) {
  return words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(kind, label, onPress) {
  const made = element("button", { type: "button", class: kind }, label);
  made.addEventListener("click", onPress);
  return made;
}

/** Say what happened, unless the rest of the page takes that over. */
function tell(sentence, isProblem = false) {
  const event = new CustomEvent("engawa:say", {
    detail: { text: sentence, isProblem },
    cancelable: true,
  });
  if (document.dispatchEvent(event) && !isProblem) status.textContent = sentence;
}

// Pressing buttons -----------------------------------------------------------------------

/** A timer while the form is on its way, when pressing again does nothing; else 0. */
let leaving = 0;
/** The button to press as soon as no file is on its way any more. */
let pressedEarly = null;

function onSubmit(event) {
  const pressed = event.submitter;
  const [verb] = (pressed?.value ?? "post").split(" ");
  if (leaving) {
    event.preventDefault();
  } else if (verb === "choices") {
    event.preventDefault();
    addChoices(pressed);
  } else if (verb === "attach") {
    event.preventDefault();
    attachChosen();
  } else if (isSending()) {
    event.preventDefault();
    pressedEarly = pressed;
    markBusy(pressed);
    tell(phrase("waiting"));
  } else {
    leave(pressed);
  }
}

function leave(pressed) {
  keepNow();
  markBusy(pressed);
  // Whoever stopped the page from loading may press again; the server knows the form.
  leaving = setTimeout(stay, 10_000);
}

function stay() {
  clearTimeout(leaving);
  leaving = 0;
  pressedEarly = null;
  for (const busy of form.querySelectorAll("[aria-busy]")) {
    busy.removeAttribute("aria-busy");
    busy.removeAttribute("aria-disabled");
  }
}

/** Not `disabled`, which would take the focus away and leave the button's value out. */
function markBusy(pressed) {
  pressed?.setAttribute("aria-busy", "true");
  pressed?.setAttribute("aria-disabled", "true");
}

function postByKeyboard(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  form.querySelector('button[value="post"]').click();
}

// The poll -------------------------------------------------------------------------------

/** Two choices more, as the server would give, or as many as there may be. */
function addChoices(more) {
  const most = Number(form.dataset.mostChoices);
  const before = choices().length;
  for (let number = before + 1; number <= Math.min(before + 2, most); number += 1) {
    const last = choices().at(-1).parentElement;
    const next = last.cloneNode(true);
    const [label, input] = next.children;
    label.htmlFor = input.id = `choice-${number}`;
    label.textContent = input.placeholder = phrase("choice", { number });
    input.removeAttribute("value");
    input.value = "";
    last.after(next);
  }
  choices()[before]?.focus();
  if (choices().length >= most) more?.remove();
}

function choices() {
  return [...form.querySelectorAll('[name="poll_choice"]')];
}

// Files: chosen, dropped or pasted, they are sent at once -----------------------------------

/** Files chosen together; one lot after another, since each answer holds the whole list. */
const waiting = [];
let sending = null;

function isSending() {
  return sending !== null || waiting.length > 0;
}

/** The field for files; a server that takes none has no such field. */
function chooser() {
  return form.elements.files;
}

function beginUploads() {
  if (!chooser()) return;
  form.addEventListener("change", (event) => {
    if (event.target === chooser()) attachChosen();
  });
  text.addEventListener("paste", (event) => {
    // What is copied from a text comes with a picture of itself.
    if (event.clipboardData.types.includes("text/plain")) return;
    if (event.clipboardData.files.length) event.preventDefault();
    attach([...event.clipboardData.files]);
  });
  // On the whole page: a browser opens what is dropped beside the form, and leaves it.
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, onDrag);
  }
}

function onDrag(event) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  form.classList.toggle("takes-files", event.type === "dragover");
  if (event.type === "drop") attach([...event.dataTransfer.files]);
}

function attachChosen() {
  const files = [...chooser().files];
  chooser().value = "";
  if (files.length) attach(files);
  else chooser().click();
}

function attach(files) {
  if (!files.length) return;
  const names = files.map((file) => file.name).join(", ");
  const label = element("span", {}, phrase("sending", { names }));
  const bar = element("progress", { max: 1, value: 0, "aria-label": names });
  const batch = { files, names, label, bar, request: new XMLHttpRequest() };
  const stop = button("link small", phrase("stop"), () => stopSending(batch));
  stop.append(element("span", { class: "unseen" }, ` ${names}`));
  batch.row = element("p", { class: "upload" }, label, bar, stop);
  const part = chooser().closest("details");
  part.open = true;
  part.before(batch.row);
  waiting.push(batch);
  sendNext();
}

function sendNext() {
  if (sending || !waiting.length) return;
  const batch = (sending = waiting.shift());
  const { request, bar } = batch;
  // All of the form: should the session be over, the server keeps the text.
  const sent = new FormData(form);
  sent.delete("files");
  for (const file of batch.files) sent.append("files", file);
  sent.set("do", "attach");
  request.open("POST", form.getAttribute("action"));
  request.setRequestHeader("X-Engawa-Fragment", "files");
  request.responseType = "document";
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = event.loaded / event.total;
  });
  request.upload.addEventListener("load", () => {
    // How far it is on to the person's server, nobody tells us.
    bar.removeAttribute("value");
    batch.label.textContent = phrase("passing", { names: batch.names });
  });
  request.addEventListener("load", () => finish(batch, takeAnswer(batch)));
  request.addEventListener("error", () => finish(batch, fail(batch)));
  request.send(sent);
}

/** Put what the server answered into the form; whether it went well. */
function takeAnswer({ request, names }) {
  const answer = request.response;
  const fresh = answer?.getElementById("files");
  const problem = answer?.querySelector(".problem") ?? wordsOf(answer);
  if (fresh) {
    takeOverHidden(answer);
    replaceFiles(fresh);
  }
  if (fresh && !problem) {
    tell(phrase("attached", { names }));
    return true;
  }
  // Signed out: the way to the sign-in comes along, in a tab beside this text.
  const way = fresh ? null : answer?.querySelector("main a.button");
  if (way) way.target = "_blank";
  showProblem(problem ?? problemSaying(phrase("unclear", { names })), way);
  return false;
}

/** What a page of ours says that is not the form. */
function wordsOf(answer) {
  const said = answer?.querySelectorAll("main h1 + p, main h1 + p + p") ?? [];
  return said.length ? problemSaying([...said].map((one) => one.textContent).join(" ")) : null;
}

/** The line broke: the files go back into their field, for the person to send again. */
function fail({ files, names }) {
  const held = new DataTransfer();
  for (const file of [...chooser().files, ...files]) held.items.add(file);
  chooser().files = held.files;
  showProblem(problemSaying(phrase("lost", { names })));
  return false;
}

function stopSending(batch) {
  if (batch === sending) batch.request.abort();
  else waiting.splice(waiting.indexOf(batch), 1);
  tell(phrase("stopped", { names: batch.names }));
  chooser().focus();
  finish(batch, false);
}

function finish(batch, isWell) {
  batch.row.remove();
  if (batch === sending) sending = null;
  const next = pressedEarly;
  // What was to be sent with these files is not sent without them.
  if (!isWell) stay();
  sendNext();
  if (!isWell || !next || isSending()) return;
  stay();
  status.textContent = "";
  sameIn(form, next)?.click();
}

function takeOverHidden(answer) {
  for (const name of ["csrf_token", "form_id", "draft_id"]) {
    const given = answer.querySelector(`input[name="${name}"]`);
    if (given && form.elements[name]) form.elements[name].value = given.value;
    else if (given) form.append(given);
  }
}

/** What the person did in the part for files since it was sent stays as they left it. */
function replaceFiles(fresh) {
  const old = chooser().closest("details");
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  for (const control of old.querySelectorAll("textarea, [type=checkbox]")) {
    const same = sameIn(fresh, control);
    if (!same) continue;
    same.value = control.value;
    same.checked = control.checked;
  }
  const chosen = chooser().files;
  const [from, to] = [focused?.selectionStart, focused?.selectionEnd];
  old.replaceWith(fresh);
  chooser().files = chosen;
  const same = focused && (sameIn(fresh, focused) ?? chooser());
  same?.focus();
  if (from != null) same.setSelectionRange?.(from, to);
  keepSoon();
}

/** What in `part` stands for the same thing as `control` of an older page. */
function sameIn(part, { localName, name, value }) {
  const isSame = (one) => one.name === name && (localName !== "button" || one.value === value);
  return [...part.querySelectorAll(localName)].find(isSame);
}

function problemSaying(sentence) {
  return element("div", { class: "problem", role: "alert" }, element("p", {}, sentence));
}

function showProblem(problem, way) {
  document.getElementById("files-problem")?.remove();
  problem.id = "files-problem";
  if (way) problem.append(element("p", {}, way));
  chooser().closest("details").querySelector("summary").after(problem);
  chooser().setAttribute("aria-describedby", problem.id);
  tell(problem.textContent.trim(), true);
}

// What was typed in a tab that was closed -----------------------------------------------------

/* Texts lie in this browser's localStorage, one list for each account: what was typed, and
   which files of the drive go with it; no credential. On a shared computer nobody else
   should find them: they are offered to their own account alone, and forgotten when they
   were posted, kept as a draft or thrown away, after a week, and when the account is signed
   out here (with the last one the server clears the storage, else the next form does). */

const STORE = "engawa:unsent:";
const KEPT_FOR = 7 * 24 * 60 * 60 * 1000;
const MOST_KEPT = 10;
const TYPED =
  /^(text|cw|cw_without_words|visibility|local_only|recipients?|channel_id|reaction_acceptance|poll_\w+|file|(alt|sensitive)-.+)$/;

/** Which form it is: an unsent answer is offered where that note is answered again. */
const target = ["draft_id", "reply_id", "renote_id"]
  .filter((name) => form.elements[name]?.value)
  .map((name) => `${name} ${form.elements[name].value}`)
  .at(0);
const mine = STORE + form.elements.account.value;
let storage = openStorage();
/** What stood in the form when the page was opened; null where that was unsent already. */
let untouched = null;
let keeping = 0;

function openStorage() {
  try {
    window.localStorage.setItem(STORE, "");
    window.localStorage.removeItem(STORE);
    return window.localStorage;
  } catch {
    return null; // Switched off, or full.
  }
}

function beginKeeping() {
  forgetOthers();
  const [navigation] = performance.getEntriesByType("navigation");
  const same = kept().find((one) => one.target === target && isTyped(one));
  if (navigation?.type === "back_forward") {
    startAnew();
    offer();
  } else if (same) {
    form.elements.unsent.value = same.id;
  } else if (!form.elements.unsent.value) {
    startAnew();
    offer();
  }
  form.addEventListener("input", keepSoon);
  form.addEventListener("change", keepSoon);
  document.addEventListener("visibilitychange", keepNow);
  window.addEventListener("pagehide", keepNow);
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    stay();
    startAnew();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!storage && !leaving && isUnsent()) event.preventDefault();
  });
  // The server kept this text while somebody was signed out.
  document.querySelector('form[action$="/discard"]')?.addEventListener("submit", () => {
    forget(form.elements.unsent.value);
    untouched = JSON.stringify(typed());
  });
}

/** What is typed from now on is a text of its own: also in a form one has gone back to,
    which may have been posted. */
function startAnew() {
  form.elements.unsent.value = crypto.getRandomValues(new Uint32Array(4)).join("-").slice(0, 40);
  untouched = JSON.stringify(typed());
}

/** Everything typed, as pairs of name and value. */
function typed() {
  return [...new FormData(form)].filter(([name, value]) => TYPED.test(name) && value !== "");
}

function isTyped(one) {
  return JSON.stringify(one.typed) === JSON.stringify(typed());
}

function isUnsent() {
  return untouched !== JSON.stringify(typed());
}

/** The texts kept for this account, the newest first. */
function kept() {
  const sent = form.dataset.sent.split(" ");
  const isWanted = (one) => Date.now() - one.at < KEPT_FOR && !sent.includes(one.id);
  try {
    return JSON.parse(storage?.getItem(mine) ?? "[]").filter(isWanted);
  } catch {
    return [];
  }
}

function keepThese(texts) {
  try {
    if (texts.length) storage?.setItem(mine, JSON.stringify(texts.slice(0, MOST_KEPT)));
    else storage?.removeItem(mine);
  } catch {
    storage = null; // Full; from now on, leaving asks first.
  }
}

function forget(id) {
  keepThese(kept().filter((one) => one.id !== id));
}

function keepSoon() {
  clearTimeout(keeping);
  keeping = setTimeout(keepNow, 500);
}

function keepNow() {
  clearTimeout(keeping);
  const id = form.elements.unsent.value;
  const others = kept().filter((one) => one.id !== id && !(one.target === target && isTyped(one)));
  if (isUnsent()) others.unshift({ id, target, at: Date.now(), typed: typed() });
  keepThese(others);
}

function forgetOthers() {
  const here = form.dataset.accounts.split(" ");
  for (const key of Object.keys(storage ?? {})) {
    if (key.startsWith(STORE) && !here.includes(key.slice(STORE.length))) storage.removeItem(key);
  }
  keepThese(kept());
}

/** Offer the newest text that was typed here and not sent. */
function offer() {
  const found = kept().find((one) => one.target === target && !isTyped(one));
  if (!found) return;
  const heading = phrase("unsent", { ago: ago(found.at) });
  const [, beginning = ""] = found.typed.find(([name]) => name === "text") ?? [];
  const box = element(
    "div",
    { class: "unsent", role: "group", "aria-label": heading },
    element("p", { class: "why" }, heading),
    element("p", { class: "text", dir: "auto" }, beginning.slice(0, 300)),
    element(
      "p",
      { class: "choices" },
      button("button plain", phrase("put_back"), () => putBack(found, box)),
      button("link", phrase("throw_away"), () => {
        forget(found.id);
        box.remove();
        text.focus();
        offer();
      }),
    ),
  );
  text.parentElement.before(box);
  aloud.textContent = heading;
}

function ago(moment) {
  const minutes = Math.max(1, Math.round((Date.now() - moment) / 60_000));
  const steps = [[1440, "day"], [60, "hour"], [1, "minute"]];
  const [length, unit] = steps.find(([step]) => minutes >= step);
  return new Intl.RelativeTimeFormat(language).format(-Math.floor(minutes / length), unit);
}

/** Fill the form with a kept text; what has no field here, and files, the server brings. */
function putBack(found, box) {
  keepNow();
  box.remove();
  const values = (name) => found.typed.filter(([one]) => one === name).map(([, value]) => value);
  while (choices().length < values("poll_choice").length) addChoices();
  const isFile = (name) => /^(file$|alt-|sensitive-)/.test(name);
  const missing = found.typed.filter(([name]) => isFile(name) || !form.elements[name]);
  for (const control of form.elements) {
    if (TYPED.test(control.name) && !isFile(control.name)) put(control, values(control.name));
  }
  form.elements.unsent.value = found.id;
  untouched = null;
  if (missing.length) {
    for (const [name, value] of [...missing, ["do", "attach"]]) {
      form.append(element("input", { type: "hidden", name, value }));
    }
    leave();
    form.submit();
    return;
  }
  text.focus();
  count();
}

/** Put into a control what was in it, and unfold its part where that says something. */
function put(control, values) {
  const alike = [...form.elements].filter((one) => one.name === control.name);
  if (/radio|checkbox/.test(control.type)) control.checked = values.includes(control.value);
  else control.value = values[alike.indexOf(control)] ?? "";
  const usual = control.defaultValue ?? control.value;
  const isUsual = control.checked === control.defaultChecked && control.value === usual;
  const part = isUsual ? null : control.closest("details");
  if (part) part.open = true;
}

// How much may still be written ------------------------------------------------------------

const hint = document.getElementById("length");
const usualHint = hint.textContent;
const longest = Number(form.dataset.longest);
const NEAR = Math.min(200, longest / 10);
let counting = 0;

function beginCounting() {
  text.addEventListener("input", count);
  count();
}

/** Quiet until the end is near. The server counts code points, as iterating does, and it
    decides: the button stays as it is. */
function count() {
  clearTimeout(counting);
  // There are never fewer of the units a browser counts, and counting those is for free.
  const left = text.value.length + NEAR < longest ? Infinity : longest - [...text.value].length;
  hint.classList.toggle("is-over", left < 0);
  hint.textContent = usualHint;
  if (left > NEAR) return;
  hint.textContent = phrase(left < 0 ? "over" : "left", { number: digits.format(Math.abs(left)) });
  // Once somebody pauses; not at every key.
  counting = setTimeout(() => (aloud.textContent = hint.textContent), 1000);
}

// People and emoji while they are typed ----------------------------------------------------

/* A combobox has one line, and this text has many: it stays a text field for those who hear
   the page, names its list, and says which entry is chosen. */

const list = element("ul", { id: "suggestions", role: "listbox", "aria-label": phrase("suggestions") });
const HELP = [
  { pattern: /(?:^|[^\w@])@([\w.-]+(?:@[\w.:-]*)?)$/, url: form.dataset.people, after: " " },
  { pattern: /(?:^|[^\w:]):([\w+-]{2,})$/, url: form.dataset.emoji, after: "" },
].filter((help) => help.url);
let asking = 0;
let asked = null;
let helping = null;
let chosen = 0;

function beginSuggesting() {
  list.hidden = true;
  text.parentElement.after(element("div", { class: "suggestions" }, list));
  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-controls", list.id);
  text.addEventListener("input", (event) => {
    if (!event.isComposing) look();
  });
  text.addEventListener("keydown", chooseByKeyboard);
  text.addEventListener("click", close);
  text.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => take(event.target.closest("li")));
}

/** What is being typed at the caret that `help` is for. */
function beginningFor(help) {
  if (text.selectionStart !== text.selectionEnd) return null;
  const line = text.value.slice(Math.max(0, text.selectionStart - 200), text.selectionStart);
  return help.pattern.exec(line)?.[1] ?? null;
}

function look() {
  clearTimeout(asking);
  asked?.abort();
  const help = HELP.find((one) => beginningFor(one) !== null);
  if (help) asking = setTimeout(ask, 250, help, beginningFor(help));
  else close();
}

async function ask(help, beginning) {
  asked = new AbortController();
  const { signal } = asked;
  try {
    const answer = await fetch(`${help.url}&q=${encodeURIComponent(beginning)}`, { signal });
    const { suggestions } = await answer.json();
    if (!signal.aborted) show(suggestions, help);
  } catch {
    if (!signal.aborted) close();
  }
}

function show(suggestions, help) {
  if (!suggestions.length) return close();
  helping = help;
  list.replaceChildren(...suggestions.map(option));
  list.hidden = false;
  choose(0);
  aloud.textContent = phrase("found", { number: suggestions.length });
}

function option({ text: insert, name, picture }, index) {
  const made = element("li", { role: "option", id: `suggestion-${index}`, "data-text": insert });
  if (picture) made.append(element("img", { src: picture, alt: "", class: "emoji" }));
  made.append(element("bdi", {}, insert), " ", element("bdi", { class: "soft" }, name));
  return made;
}

function choose(index) {
  chosen = (index + list.children.length) % list.children.length;
  for (const [at, one] of [...list.children].entries()) {
    one.setAttribute("aria-selected", at === chosen);
  }
  text.setAttribute("aria-activedescendant", list.children[chosen].id);
  list.children[chosen].scrollIntoView({ block: "nearest" });
}

function close() {
  clearTimeout(asking);
  asked?.abort();
  list.hidden = true;
  list.replaceChildren();
  text.removeAttribute("aria-activedescendant");
}

function chooseByKeyboard(event) {
  // 229: the key belongs to what writes Japanese, also where a browser forgets to say so.
  if (list.hidden || event.isComposing || event.keyCode === 229) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const isModified = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
  if (step) choose(chosen + step);
  else if (["Enter", "Tab"].includes(event.key) && !isModified) take(list.children[chosen]);
  else if (event.key === "Escape") close();
  else {
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) close();
    return;
  }
  event.preventDefault();
}

function take(one) {
  const beginning = beginningFor(helping);
  if (one && beginning !== null) {
    const end = text.selectionStart;
    const insert = one.dataset.text + helping.after;
    text.setSelectionRange(end - beginning.length - 1, end);
    // The old way: only it can be undone with Ctrl+Z.
    if (!document.execCommand("insertText", false, insert)) {
      text.setRangeText(insert, text.selectionStart, end, "end");
    }
  }
  close();
}

// At the end, when everything above is there. Browsers that can't tell which button sent a
// form are served well without all this.
if (window.SubmitEvent) {
  document.querySelector(".parts").before(status, aloud);
  form.addEventListener("submit", onSubmit);
  form.addEventListener("keydown", postByKeyboard);
  // An answer begins with a name, after which one writes on.
  if (text.autofocus) text.setSelectionRange(text.value.length, text.value.length);
  beginUploads();
  beginKeeping();
  beginCounting();
  beginSuggesting();
}
