/* What engawa.js shows as it happens: newer notes, reactions, votes, deletions, and how much
   is unread. It is given the parts it works with, and told of everything by events whose
   HTML our own server rendered (app/views/live.py). */

const MOST_WAITING = 100;

/** Begin to be told, with the parts of engawa.js: what it may be asked from then on. */
export function begin(parts) {
  const { main, words, language, newer, stream, plain, element, counted, addSheets } = parts;
  const { newNotes, idOf, announce, putOnTop, planLook, waiting, NUMBER } = parts;
  const bell = document.querySelector('.places a[href="/notifications"]');
  /** On the page of notifications, where it is said that there are newer ones. */
  const told = bell.matches("[aria-current]") ? element("div", "") : null;
  /** What tells us what happens, while it does (app/views/live.py). */
  let source = null;
  /** Whether more came than can be shown: only a reload helps. */
  let isBehind = false;

  /** The id of the note that `note` shows: of a renote, the one it passes on. */
  function shownIn(note) {
    return note.querySelector(".facts .when")?.getAttribute("href").split("/")[2];
  }

  /** Be told what happens, as long as somebody sees the page. */
  function listen() {
    source?.close();
    source = null;
    if (!document.hidden && !navigator.connection?.saveData && !isBehind) {
      const address = new URL(stream, location);
      const notes = [...main.querySelectorAll(".note")];
      const ids = new Set(notes.flatMap((note) => [idOf(note), shownIn(note) ?? ""]));
      if (newer) {
        const since = new URL(newer.href).searchParams.get("since");
        address.searchParams.set("after", waiting().length ? idOf(waiting()[0]) : since);
      }
      address.searchParams.set("notes", [...ids].slice(0, 100).join());
      // Its forms come back to this page.
      address.searchParams.set("here", location.pathname + location.search);
      source = new EventSource(address);
      source.addEventListener("error", () => source.readyState === EventSource.CLOSED && unplug());
      for (const [name, does] of Object.entries(TIDINGS)) {
        source.addEventListener(name, ({ data }) => does(JSON.parse(data)));
      }
    }
    planLook();
  }

  /** Nobody tells us any more: look now and then. */
  function unplug() {
    source?.close();
    source = null;
    planLook();
  }

  /** What is done with each kind of event. */
  const TIDINGS = { note: onNote, reaction, vote, deleted, unread, behind, chat, poll: unplug };

  function onNote({ html }) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const [note] = newNotes(page);
    if (!note || waiting().some((other) => other.id === note.id)) return;
    addSheets(page);
    const isBusy = document.querySelector(".note:focus-within, .menu[open], dialog[open]");
    if (scrollY <= 0 && !isBusy && !waiting().length) putOnTop([note]);
    else if (waiting().length < MOST_WAITING) announce([note, ...waiting()]);
    else behind();
  }

  /** The notes, also those that wait, which are or show the one with that id. */
  function showing(id) {
    const notes = [...main.querySelectorAll(".note"), ...waiting()];
    return notes.filter((note) => idOf(note) === id || shownIn(note) === id);
  }

  /** One reaction more or less. `html` has it as it would stand there alone. */
  function reaction({ note: id, by, html }) {
    for (const note of showing(id)) {
      if (shownIn(note) !== id) continue;
      const form = new DOMParser().parseFromString(html, "text/html").querySelector("form");
      const pill = form.querySelector(".pill");
      const there = note.querySelector(":scope > .reactions");
      const same = [...(there?.querySelectorAll(".pill") ?? [])].find(
        (other) => other.title === pill.title,
      );
      if (same) {
        // One at which somebody is stays, even at nought.
        if (addTo(same.querySelector("span:not(.unseen)"), by) || same.matches(":focus")) continue;
        same.closest("li").remove();
        if (!there.querySelector(".pill")) there.remove();
      } else if (by > 0 && there) {
        const item = pill.parentElement;
        if (!there.matches("form")) {
          // There each has a form of its own.
          form.className = "";
          form.querySelector("ul").replaceWith(pill);
          item.append(form);
        }
        there.querySelector("ul").append(item);
      } else if (by > 0) {
        note.querySelector(":scope > .acts").before(form);
      }
    }
  }

  /** Count up or down what `counter` says; the new number. */
  function addTo(counter, by) {
    const count = Math.max(0, Number(counter.textContent.replace(/\D/g, "")) + by);
    counter.textContent = count.toLocaleString(language);
    return count;
  }

  function vote({ note: id, choice }) {
    for (const note of showing(id)) {
      const results = [...note.querySelectorAll(".poll .results li")];
      if (!results[choice]) continue;
      const counts = results.map((result, number) =>
        addTo(result.querySelector(".count"), number === choice ? 1 : 0),
      );
      const total = counts.reduce((sum, count) => sum + count);
      note.querySelector(".poll .votes").textContent = counted("votes", total);
      results.forEach((result, number) => {
        // The whole first, for no part of it may be larger.
        Object.assign(result.querySelector("meter"), { max: total, value: counts[number] });
      });
    }
  }

  /** Fold a note away that is not there any more. */
  function deleted({ note: id }) {
    for (const note of showing(id)) {
      const hadFocus = note.contains(document.activeElement);
      note.replaceChildren(element("p", "gone", words.deleted));
      if (hadFocus) note.focus({ preventScroll: true });
    }
  }

  /** How many notifications are unread, in the navigation and in the title. */
  function unread({ label }) {
    bell.querySelector(".badge")?.remove();
    if (label) bell.append(element("span", "badge", label));
    plain.title = plain.title.replace(NUMBER, label ? `(${label}) ` : "");
    if (!waiting().length) document.title = plain.title;
    if (told && label && !told.firstChild) {
      const link = element("a", "button", words.told);
      link.href = bell.href;
      told.className = "turn";
      told.append(link);
    }
  }

  let chatTurn = 0;

  /** Something happened in the conversation on this page: put what its page has now in the
      place of what changed. Nothing goes away under somebody's hands. */
  async function chat() {
    const turn = ++chatTurn;
    const list = main.querySelector(".messages");
    const page = await fetch(location.pathname)
      .then((response) => (response.ok && !response.redirected ? response.text() : null))
      .then((html) => html && new DOMParser().parseFromString(html, "text/html"))
      .catch(() => null);
    const fresh = [...(page?.querySelectorAll(".messages > li") ?? [])];
    // A later question may have been answered first.
    if (turn !== chatTurn || !fresh.length) return;
    const end = document.getElementById("newest");
    const seesEnd = end.getBoundingClientRect().top < innerHeight;
    addSheets(page);
    const first = document.getElementById(fresh[0].id);
    for (let old = first; old; ) {
      const next = old.nextElementSibling;
      if (!isInUse(old) && !fresh.some(({ id }) => id === old.id)) old.remove();
      old = next;
    }
    for (const item of fresh) {
      const old = document.getElementById(item.id);
      if (!old) list.append(item);
      else if (!isInUse(old) && pills(old) !== pills(item)) old.replaceWith(item);
    }
    if (seesEnd) end.scrollIntoView();
  }

  function isInUse(part) {
    return part.contains(document.activeElement) || part.querySelector(".menu[open]");
  }

  function pills(item) {
    return [...item.querySelectorAll(".reactions .pill")].map((pill) => pill.outerHTML).join();
  }

  function behind() {
    if (!newer) return; // Some counts may be too low.
    isBehind = true;
    unplug();
    newer.textContent = words.behind;
    newer.classList.add("button");
    newer.href = location.pathname + location.search;
  }

  if (told) {
    // It is there before it says anything, or screen readers would not listen to it.
    told.setAttribute("role", "status");
    main.querySelector(".tabs").after(told);
  }
  document.addEventListener("visibilitychange", listen);
  listen();
  return { listen, isTold: () => source !== null || isBehind, isBehind: () => isBehind };
}
