"""Every page of Engawa, one after another, in a real browser: for the tests that look at
each of them, and for the screenshots.

    with sync_playwright() as playwright, launch(playwright) as browser:
        with Stage(browser, Path(folder)) as stage:
            for stop in STOPS:
                page = stage.visit(stop, Look(language="ja"))
                page.screenshot(path=f"{stop.name}.png")

A stop is a page in one state. New pages get a stop here, and are looked at from then on.
Pages are found by the names of their fields and where their links lead, never by words.
"""

from __future__ import annotations

import itertools
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urljoin

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
)

from sandbox import ALL_PERMISSIONS, Sandbox
from sandbox.records import Folder, Note
from scripts.installation import Installation, end

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
UPSTREAM_SECONDS = 3

Theme = Literal["light", "dark"]
Who = Literal["nobody", "one", "several"]
_PEOPLE: dict[Who, tuple[str, ...]] = {"one": ("alice",), "several": ("alice", "haru")}


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody's browser looks at a page; sizes are in CSS pixels."""

    language: str = "en"
    theme: Theme = "light"
    width: int = 360
    height: int = 780
    javascript: bool = False
    still: bool = False
    """Whether they asked their system for less motion."""

    @property
    def motion(self) -> Literal["reduce", "no-preference"]:
        """The same, as browsers spell it."""
        return "reduce" if self.still else "no-preference"

    def __str__(self) -> str:
        script = "js" if self.javascript else "nojs"
        return f"{self.language}-{self.theme}-{self.width}x{self.height}-{script}"


@dataclass(frozen=True, slots=True)
class Stop:
    """A page in one state: how to come to it, as whom, and the status it has."""

    name: str
    go: Callable[[Page, Stage], Any]
    who: Who = "nobody"
    status: int = 200


def chromium() -> str | None:
    """Where the system's Chromium is, if it has one."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@contextmanager
def launch(playwright: Playwright, *, keeps_pages: bool = False) -> Iterator[Browser]:
    """The system's Chromium. Raises FileNotFoundError without one.

    With `keeps_pages`, Back brings a page back as it was left, as in people's browsers;
    Playwright turns that off, because its own `go_back` then waits in vain.
    """
    path = chromium()
    if path is None:
        raise FileNotFoundError(f"there is no Chromium here ({', '.join(CHROMIUM_NAMES)})")
    browser = playwright.chromium.launch(
        executable_path=path,
        args=CHROMIUM_ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"] if keeps_pages else None,
    )
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Stage:
    """A sandbox, Engawa on it, and Engawa pinned to it by an app without a callback.

    `database` is a migrated SQLite file for both to begin with, which saves time.
    """

    browser: Browser
    folder: Path
    database: Path | None = None
    sandbox: Sandbox = field(default_factory=Sandbox)
    troubles: list[str] = field(default_factory=list)
    """What browsers complained of: refused by the page's policy, broken, not loaded."""

    _cookies: dict[tuple[str, ...], Any] = field(default_factory=dict)
    _pages: dict[Look, Page] = field(default_factory=dict)
    _addresses: Iterator[int] = field(default_factory=itertools.count)
    _link: str | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Stage:
        with ExitStack() as opening:
            opening.enter_context(self.sandbox)
            self.engawa = opening.enter_context(self._install("free", {}))
            apps = self.sandbox.world.apps
            secret = apps.register("Engawa", "By hand", ALL_PERMISSIONS, None).secret
            pin = {"PINNED_SERVER": self.sandbox.host, "PINNED_APP_SECRET": secret}
            self.pinned = opening.enter_context(self._install("pinned", pin))
            self._open = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def _install(self, name: str, settings: dict[str, str]) -> Installation:
        folder = self.folder / name
        folder.mkdir()
        common = {"TRUSTED_PROXIES": "1", "UPSTREAM_SECONDS": str(UPSTREAM_SECONDS)}
        return Installation(folder, settings=common | settings, database=self.database)

    @property
    def url(self) -> str:
        """Where Engawa is."""
        return self.engawa.url

    @cached_property
    def workshop(self) -> Installation:
        """Engawa in debug mode, on the same database and with the same keys, so that who
        is signed in to the one is signed in to the other."""
        folder = self.folder / "workshop"
        folder.mkdir()
        shared = ("SECRET_KEY", "CREDENTIAL_KEYS", "DATABASE_URL")
        settings = {name: self.engawa.environment[name] for name in shared}
        debugging = Installation(
            folder, settings=settings | {"FLASK_DEBUG": "1"}, database=self.engawa.database
        )
        return self._open.enter_context(debugging)

    @contextmanager
    def context(
        self, look: Look, who: Who = "nobody", *, browser: Browser | None = None
    ) -> Iterator[BrowserContext]:
        """A browser that knows nothing of others, signed in as `who`: nobody, alice, or
        alice and haru (acting as haru).

        Each seems to come from an address of its own, so that none uses up what another
        may do.
        """
        context = (browser or self.browser).new_context(
            locale=look.language,
            timezone_id="UTC",
            color_scheme=look.theme,
            viewport={"width": look.width, "height": look.height},
            java_script_enabled=look.javascript,
            reduced_motion=look.motion,
            extra_http_headers=self._from_elsewhere(),
        )
        context.set_default_timeout(10_000)
        self._listen(context)
        try:
            if who != "nobody":
                context.add_cookies(self.signed_in(*_PEOPLE[who]))
            yield context
        finally:
            context.close()

    def page(self, look: Look, who: Who = "nobody") -> Page:
        """A page in a browser that may have been elsewhere before, but remembers nothing
        of it. There is one for each look, since a new browser costs more than a page."""
        if look not in self._pages:
            context = self._open.enter_context(self.context(look))
            self._pages[look] = context.new_page()
        page = self._pages[look]
        # What is open there would be told in vain of what happens.
        page.goto("about:blank")
        page.context.clear_cookies()
        page.context.set_extra_http_headers(self._from_elsewhere())
        if look.javascript:
            # What a script kept of a text that was not sent.
            everything = {"origin": self.url, "storageTypes": "local_storage"}
            page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", everything)
        if who != "nobody":
            page.context.add_cookies(self.signed_in(*_PEOPLE[who]))
        page.set_viewport_size({"width": look.width, "height": look.height})
        page.emulate_media(color_scheme=look.theme, reduced_motion=look.motion)
        return page

    def visit(self, stop: Stop, look: Look) -> Page:
        """The page of `stop`, as `page` gives it."""
        page = self.page(look, stop.who)
        stop.go(page, self)
        return page

    def _from_elsewhere(self) -> dict[str, str]:
        """Headers of somebody at an address that nobody had before."""
        number = next(self._addresses)
        return {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250 + 1}"}

    def _listen(self, context: BrowserContext) -> None:
        documents: set[str] = set()

        def on_request(request: Request) -> None:
            if request.resource_type == "document":
                documents.add(request.url)

        def on_console(message: ConsoleMessage) -> None:
            # A request has no fragment.
            url = message.location["url"].partition("#")[0]
            page = message.page
            if page is None or not page.url.startswith((self.url, self.pinned.url)):
                return  # The consent page is not ours.
            # A page that says 404 is meant to; a picture or a style sheet is not.
            if message.type in ("error", "warning") and not (
                message.text.startswith("Failed to load resource") and url in documents
            ):
                self.troubles.append(f"{message.type}: {message.text} ({url})")

        def on_failure(request: Request) -> None:
            # What a page no longer waits for when the person goes on is no trouble.
            if request.failure != "net::ERR_ABORTED":
                self.troubles.append(f"not loaded: {request.url} ({request.failure})")

        context.on("request", on_request)
        context.on("console", on_console)
        context.on("requestfailed", on_failure)
        context.on("weberror", lambda error: self.troubles.append(f"script: {error.error}"))

    def signed_in(self, *usernames: str) -> Any:
        """The cookies of a browser that these people of the sandbox are signed in with. It
        is the same one each time: signing in takes long, and is limited."""
        if usernames not in self._cookies:
            with self.context(Look()) as context:
                page = context.new_page()
                for username in usernames:
                    context.clear_cookies(name="sandbox_person")
                    sign_in(page, self, username)
                self._cookies[usernames] = context.cookies(self.url)
        return self._cookies[usernames]

    def forget_browsers(self, username: str) -> None:
        """No browser is signed in to that person's account any more."""
        self._cookies.pop((username,), None)
        with closing(sqlite3.connect(self.engawa.database, isolation_level=None)) as database:
            database.execute(
                "DELETE FROM browser_sign_ins"
                " WHERE account_id IN (SELECT id FROM accounts WHERE username = ?)",
                [username],
            )

    @property
    def link(self) -> str:
        """A one-time link of `flask account add`, not used yet."""
        if self._link is None:
            key = self.sandbox.credential("carol")
            printed = self.engawa.flask("account", "add", self.sandbox.host, typed=f"{key}\n")
            self._link = printed.split()[-1]
        return self._link

    # What the sandbox has ---------------------------------------------------

    def note_of(self, username: str) -> Note:
        """That person's newest note of their own words that anybody may read."""
        author = self.sandbox.person(username)
        return next(
            note
            for note in self.sandbox.world.newest_first()
            if note.user_id == author.id
            and note.text
            and note.cw is None
            and note.visibility == "public"
        )

    def note_for_few(self) -> Note:
        """A direct note alice, who is signed in, may read."""
        alice = self.sandbox.person("alice")
        return next(
            note
            for note in self.sandbox.world.newest_first()
            if note.visibility == "specified" and alice.id in (note.user_id, *note.visible_user_ids)
        )

    def note_amid_a_conversation(self) -> Note:
        """A note that answers another and was answered."""
        return next(
            note
            for note in self.sandbox.world.newest_first()
            if note.reply_id and note.replies_count and note.visibility == "public"
        )


def press(page: Page, selector: str, *, within: str = "main") -> None:
    """Press the one visible control of `selector`, and wait for the page it leads to."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator(within).locator(selector).click()


def unfold(page: Page, selector: str) -> None:
    """Open the one <details> of `selector`, if it is closed."""
    details = page.locator(selector)
    if details.get_attribute("open") is None:
        details.locator("summary").first.click()


POST = 'button[name="do"][value="post"]'
"""The button that posts a note."""


def write(page: Page, text: str, *, cw: str | None = None) -> None:
    """Fill in the form on the page."""
    page.locator('textarea[name="text"]').fill(text)
    if cw is not None:
        unfold(page, "#warning")
        page.locator('input[name="cw"]').fill(cw)


def begin_sign_in(page: Page, stage: Stage) -> None:
    """Type the sandbox's address, and arrive at its consent page (or beyond it)."""
    page.goto(f"{stage.url}/sign-in")
    page.locator('input[name="server"]').fill(stage.sandbox.host)
    press(page, 'form[action="/sign-in"] button:not([formaction])')


def consent(page: Page, username: str) -> None:
    """Allow the app on the sandbox's consent page, as that person."""
    person = f'button[name="username"][value="{username}"]'
    if page.locator(person).count():
        press(page, person, within="body")
    accept = 'button[name="answer"][value="accept"]'
    if page.locator(accept).count():
        press(page, accept, within="body")


def sign_in(page: Page, stage: Stage, username: str) -> None:
    """The whole way: type the server, consent there, come back."""
    begin_sign_in(page, stage)
    consent(page, username)
    # Home, and not the page that says why it did not work.
    page.wait_for_url(f"{stage.url}/")


STOPS: list[Stop] = []


def _stop(
    name: str, *, who: Who = "nobody", status: int = 200
) -> Callable[[Callable[[Page, Stage], Any]], Callable[[Page, Stage], Any]]:
    def enter(go: Callable[[Page, Stage], Any]) -> Callable[[Page, Stage], Any]:
        STOPS.append(Stop(name, go, who, status))
        return go

    return enter


def _at(path: str) -> Callable[[Page, Stage], Any]:
    return lambda page, stage: page.goto(stage.url + path)


_stop("welcome")(_at("/"))
_stop("about")(_at("/about"))
_stop("about-signed-in", who="one")(_at("/about"))
_stop("privacy")(_at("/privacy"))
_stop("privacy-signed-in", who="one")(_at("/privacy"))
_stop("sign-in")(_at("/sign-in"))


@_stop("sign-in-problem", status=400)
def _sign_in_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/sign-in")
    page.locator('input[name="server"]').fill("me@misskey.example/notes")
    press(page, 'form[action="/sign-in"] button:not([formaction])')


_stop("sign-in-failed", status=400)(_at("/sign-in/callback?token=nobody-began-this"))


@_stop("device")
def _device(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/sign-in")
    page.locator('input[name="server"]').fill(stage.sandbox.host)
    press(page, 'button[formaction="/sign-in/device"]')


@_stop("link")
def _link(page: Page, stage: Stage) -> None:
    page.goto(stage.link)


@_stop("pinned")
def _pinned(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.pinned.url}/sign-in")


@_stop("allow")
def _allow(page: Page, stage: Stage) -> None:
    _pinned(page, stage)
    press(page, 'form[action="/sign-in"] button')


@_stop("allow-problem", status=409)
def _allow_problem(page: Page, stage: Stage) -> None:
    _allow(page, stage)
    press(page, 'form[action="/sign-in/allow"] button')


_stop("home", who="one")(_at("/"))


def _follow(page: Page, selector: str) -> None:
    """Open where a link leads as a page of its own, whatever the script makes of a press."""
    page.goto(page.locator(selector).evaluate("link => link.href"))


@_stop("home-older", who="one")
def _home_older(page: Page, stage: Stage) -> None:
    page.goto(stage.url)
    _follow(page, 'nav a[href*="until="]')


@_stop("home-nothing-newer", who="one")
def _home_nothing_newer(page: Page, stage: Stage) -> None:
    page.goto(stage.url)
    _follow(page, 'nav a[href*="since="]')


def look_again(page: Page) -> None:
    """Let the frame that counts newer notes look now, as it would in a minute."""
    frame = page.frames[1]
    refresh = frame.locator("meta[http-equiv=refresh]").get_attribute("content") or ""
    frame.goto(urljoin(page.url, refresh.partition("url=")[2]))


@_stop("home-newer", who="one")
def _home_newer(page: Page, stage: Stage) -> None:
    page.goto(stage.url)
    carol = stage.sandbox.person("carol")
    for number in range(3):
        stage.sandbox.world.create_note(carol, text=f"Cup number {number + 1}")
    # With the script there is no frame.
    if len(page.frames) > 1:
        look_again(page)


@_stop("home-notice", who="several")
def _home_notice(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/accounts")
    # To alice and back to haru, so that the next visitor finds what this one found.
    press(page, 'form[action$="/switch"] button')
    page.goto(f"{stage.url}/accounts")
    press(page, 'form[action$="/switch"] button')


@_stop("note", who="one")
def _note(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/notes/{stage.note_of('alice').id}")


@_stop("note-conversation", who="one")
def _note_conversation(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/notes/{stage.note_amid_a_conversation().id}")


@_stop("note-direct", who="one")
def _note_direct(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/notes/{stage.note_for_few().id}")


_stop("compose", who="one")(_at("/compose"))


@_stop("compose-reply", who="one")
def _compose_reply(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose?reply_id={stage.note_of('haru').id}")


@_stop("compose-quote", who="one")
def _compose_quote(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose?renote_id={stage.note_of('haru').id}")


@_stop("compose-preview", who="one")
def _compose_preview(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, "A note with **markup** :tea: and a poll", cw="A warning")
    unfold(page, "#poll")
    for number, choice in enumerate(("Sencha", "Hojicha"), start=1):
        page.locator(f"#choice-{number}").fill(choice)
    press(page, 'button[name="do"][value="preview"]')


@_stop("compose-problem", who="one", status=400)
def _compose_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, " ", cw="A warning that stays")
    press(page, POST)


@_stop("compose-drive", who="one")
def _compose_drive(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, "With a picture")
    unfold(page, "#files")
    press(page, 'button[name="do"][value="drive"]')


@_stop("compose-drive-folder", who="one")
def _compose_drive_folder(page: Page, stage: Stage) -> None:
    _in_the_garden(stage)
    _compose_drive(page, stage)
    press(page, 'button[name="folder"][value="garden"]')


@_stop("drafts", who="one")
def _drafts(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, "Kept for later")
    press(page, 'button[name="do"][value="keep"]')
    page.goto(f"{stage.url}/drafts")


@_stop("drafts-at-server", who="one")
def _drafts_at_server(page: Page, stage: Stage) -> None:
    _drafts(page, stage)
    press(page, 'li:first-child form[action$="/keep-at-server"] button')
    page.goto(f"{stage.url}/drafts/server")


def _schedule(page: Page, stage: Stage, text: str) -> None:
    """As carol: what she leaves undone is not in the way on the other pages."""
    page.context.add_cookies(stage.signed_in("carol"))
    page.goto(f"{stage.url}/compose")
    write(page, text)
    unfold(page, "#later")
    page.locator("#later-at").fill("2030-05-06T07:08")
    page.locator("#later-zone").fill("Asia/Tokyo")
    press(page, 'button[name="do"][value="later"]')


@_stop("scheduled")
def _scheduled(page: Page, stage: Stage) -> None:
    _schedule(page, stage, "Good morning, garden")


@_stop("scheduled-month")
def _scheduled_month(page: Page, stage: Stage) -> None:
    _schedule(page, stage, "Good morning, garden")
    page.goto(f"{stage.url}/scheduled/month/2030-05")


@_stop("scheduled-change")
def _scheduled_change(page: Page, stage: Stage) -> None:
    _schedule(page, stage, "Good morning, garden")
    _follow(page, 'main a[href*="scheduled="] >> nth=0')


@_stop("scheduled-trouble")
def _scheduled_trouble(page: Page, stage: Stage) -> None:
    _schedule(page, stage, "Refused by the server")
    stage.sandbox.misbehave("notes/create", "error", times=1)
    press(page, 'form[action$="/now"] button >> nth=0')


def _rule(page: Page, stage: Stage, days: int) -> None:
    """As dave: what he leaves going on is not in the way on the other pages."""
    page.context.add_cookies(stage.signed_in("dave"))
    page.goto(f"{stage.url}/old-notes/rule")
    page.locator("#rule-days").fill(str(days))
    page.locator("#rule-words").fill("garden\n日記")
    press(page, 'form[action="/old-notes/rule"] button')


@_stop("old-notes-rule")
def _old_notes_rule(page: Page, stage: Stage) -> None:
    page.context.add_cookies(stage.signed_in("dave"))
    page.goto(f"{stage.url}/old-notes/rule")


@_stop("old-notes-problem", status=400)
def _old_notes_problem(page: Page, stage: Stage) -> None:
    _rule(page, stage, 0)


@_stop("old-notes-found")
def _old_notes_found(page: Page, stage: Stage) -> None:
    _rule(page, stage, 1)


@_stop("old-notes-running")
def _old_notes_running(page: Page, stage: Stage) -> None:
    _rule(page, stage, 1)
    press(page, 'form[action$="/start"] button')


@_stop("old-notes-paused")
def _old_notes_paused(page: Page, stage: Stage) -> None:
    _old_notes_running(page, stage)
    press(page, 'form[action$="/pause"] button')


@_stop("sign-out-with-a-rule")
def _sign_out_with_a_rule(page: Page, stage: Stage) -> None:
    stage.forget_browsers("dave")
    _old_notes_running(page, stage)
    page.goto(f"{stage.url}/sign-out")


@_stop("summary")
def _summary(page: Page, stage: Stage) -> None:
    page.context.add_cookies(stage.signed_in("dave"))
    page.goto(f"{stage.url}/summary")


@_stop("summary-preview")
def _summary_preview(page: Page, stage: Stage) -> None:
    _summary(page, stage)
    press(page, 'button[name="do"][value="preview"]')


@_stop("summary-problem", status=400)
def _summary_problem(page: Page, stage: Stage) -> None:
    _summary(page, stage)
    page.locator("#template").fill("{fame} and {notes}")
    press(page, 'button[name="do"][value="keep"]')


@_stop("summary-on")
def _summary_on(page: Page, stage: Stage) -> None:
    _summary(page, stage)
    press(page, 'button[name="do"][value="keep"]')


@_stop("summary-numbers")
def _summary_numbers(page: Page, stage: Stage) -> None:
    """After three weeks, in which much was gained and something lost."""
    _summary_on(page, stage)
    with closing(sqlite3.connect(stage.engawa.database, isolation_level=None)) as database:
        (account_id,) = database.execute("SELECT account_id FROM measures").fetchone()
        database.execute("DELETE FROM measures")
        for day in range(21):
            database.execute(
                "INSERT INTO measures VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    f"{day:032}",
                    account_id,
                    f"2026-03-{day + 1:02} 21:00:00.000000",
                    1200 + day * 3 - 20 * (day > 12),
                    340 + (day * 7) % 11 + day,
                    98,
                    (day * 5) % 13 if day else None,
                ),
            )
    page.goto(f"{stage.url}/summary")


def _export(page: Page, stage: Stage, *parts: str) -> None:
    """As carol, ask for an export of these parts, in place of any other."""
    _exports(page, stage)
    for box in page.locator('input[name="part"]').all():
        box.set_checked(box.get_attribute("value") in parts)
    press(page, 'form[action$="/exports"] button')


def _until_ended(page: Page, stage: Stage) -> None:
    """Let a worker work until the export of the page has ended, and look at it."""
    worker = stage.engawa.start_worker()
    for _ in range(60):
        page.wait_for_timeout(500)
        page.goto(f"{stage.url}/exports")
        if page.locator('input[name="part"]').count():
            break
    end(worker)


@_stop("exports")
def _exports(page: Page, stage: Stage) -> None:
    page.context.add_cookies(stage.signed_in("carol"))
    page.goto(f"{stage.url}/exports")
    if page.locator('form[action$="/remove"]').count():
        press(page, 'form[action$="/remove"] button')


@_stop("exports-nothing-chosen", status=400)
def _exports_nothing(page: Page, stage: Stage) -> None:
    _export(page, stage)


@_stop("exports-running")
def _exports_running(page: Page, stage: Stage) -> None:
    _export(page, stage, "notes", "drive")


@_stop("exports-failed")
def _exports_failed(page: Page, stage: Stage) -> None:
    folder = stage.engawa.folder / "exports"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("Nothing can be written below a file.")
    _export(page, stage, "antennas")
    _until_ended(page, stage)
    folder.unlink()


@_stop("exports-ready")
def _exports_ready(page: Page, stage: Stage) -> None:
    _export(page, stage, "antennas", "lists")
    _until_ended(page, stage)


@_stop("sign-out-with-work")
def _sign_out_with_work(page: Page, stage: Stage) -> None:
    stage.forget_browsers("carol")
    _schedule(page, stage, "While I am away")
    page.goto(f"{stage.url}/sign-out")


_stop("share", who="one")(_at("/share?title=A+title&text=Some+words&url=https://far.example/"))
_stop("share-signed-out")(_at("/share?title=A+title&text=Some+words&url=https://far.example/"))
_stop("compose-signed-out")(_at("/compose"))


@_stop("compose-kept-while-signed-out", who="one", status=401)
def _compose_kept(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, "Written before the sign-in was gone", cw="Kept as well")
    page.context.clear_cookies()
    press(page, POST)


@_stop("compose-kept", who="one")
def _compose_kept_and_back(page: Page, stage: Stage) -> None:
    _compose_kept(page, stage)
    sign_in(page, stage, "alice")
    page.goto(f"{stage.url}/compose")


def _of_note(username: str, path: str, *, query: str = "") -> Callable[[Page, Stage], Any]:
    """A page about the newest note of that person."""
    return lambda page, stage: page.goto(
        f"{stage.url}/notes/{stage.note_of(username).id}/{path}{query}"
    )


_stop("more", who="one")(_of_note("alice", "more"))
_stop("more-of-others", who="one")(_of_note("bob", "more"))
_stop("delete", who="one")(_of_note("alice", "delete"))
_stop("delete-and-edit", who="one")(_of_note("alice", "delete", query="?edit=1"))
_stop("renote", who="one")(_of_note("bob", "renote"))
_stop("react", who="one")(_of_note("bob", "react"))
_stop("who-reacted", who="one")(_of_note("bob", "reactions"))
_stop("who-renoted", who="one")(_of_note("bob", "renotes"))
_stop("clip", who="one")(_of_note("bob", "clip"))
_stop("report", who="one")(_of_note("bob", "report"))
_stop("person", who="one")(_at("/@bob"))
_stop("person-of-afar", who="one")(_at("/@juno@far.example"))
_stop("myself", who="one")(_at("/@alice"))
_stop("person-reactions", who="one")(_at("/@bob/reactions"))


@_stop("block", who="one")
def _block(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/people/{stage.sandbox.person('bob').id}/block")


_stop("follow-requests", who="one")(_at("/people/requests"))
_stop("muted", who="one")(_at("/people/muted"))
_stop("following", who="one")(_at("/@alice/following"))
_stop("followers", who="one")(_at("/@alice/followers"))
_stop("clips-of-person", who="one")(_at("/@alice/clips"))


@_stop("remove-follower", who="one")
def _remove_follower(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/people/{stage.sandbox.person('bob').id}/remove-follower")


@_stop("announcements", who="one")
def _announcements(page: Page, stage: Stage) -> None:
    stage.sandbox.world.announcements_read.clear()
    page.goto(f"{stage.url}/announcements")


_stop("pages", who="one")(_at("/pages?show=mine"))
_stop("gallery", who="one")(_at("/gallery?show=new"))
_stop("play", who="one")(_at("/play"))
_stop("explore", who="one")(_at("/explore"))
_stop("explore-tags", who="one")(_at("/explore/tags"))
_stop("explore-roles", who="one")(_at("/explore/roles"))
_stop("explore-servers", who="one")(_at("/explore/servers"))
_stop("server-of-afar", who="one")(_at("/servers/far.example"))
_stop("server-of-afar-follows", who="one")(_at("/servers/far.example/follows"))
_stop("server-of-afar-charts", who="one")(_at("/servers/far.example/charts"))
_stop("servers-followed", who="one")(_at("/explore/servers/followed"))
_stop("tag-people", who="one")(_at("/tags/engawa/people"))
_stop("achievements", who="one")(_at("/@alice/achievements"))
_stop("talks-with", who="one")(_at("/@alice/talks-with"))
_stop("notifications-delete", who="one")(_at("/notifications/delete"))
_stop("webhooks", who="one")(_at("/webhooks"))
_stop("webhook-new", who="one")(_at("/webhooks/new"))
_stop("registry", who="one")(_at("/developers/registry?scope=engawa"))
_stop("registry-new", who="one")(_at("/developers/registry/new?scope=engawa"))
_stop("clips-of-note", who="one")(_of_note("bob", "clips"))


@_stop("page-of-blocks", who="one")
def _page_of_blocks(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/@alice/pages/tea")


def _work(name: str) -> Callable[[Page, Stage], Any]:
    """The last one on the page of a kind of works."""

    def go(page: Page, stage: Stage) -> None:
        page.goto(f"{stage.url}/{name}")
        page.locator(f'.works a[href^="/{name}/"]').last.click()
        page.wait_for_url(re.compile(rf"/{name}/\w+$"))

    return go


_stop("gallery-post", who="one")(_work("gallery"))
_stop("a-play", who="one")(_work("play"))


@_stop("role", who="one")
def _role(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/explore/roles")
    press(page, 'a[href^="/roles/"]')


_stop("timeline-local", who="one")(_at("/timelines/local"))
_stop("timeline-favourites", who="one")(_at("/timelines/favourites"))
_stop("lists", who="one")(_at("/lists"))
_stop("clips", who="one")(_at("/clips"))
_stop("channels", who="one")(_at("/channels"))
_stop("channels-found", who="one")(_at("/channels?q=tea"))
_stop("antenna-new", who="one")(_at("/antennas/new"))
_stop("channel-new", who="one")(_at("/channels/new"))


@_stop("clip-problem", who="one", status=400)
def _clip_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/clips/new")
    page.locator("#name").fill(" ")
    press(page, 'form[action="/clips/new"] button')


def _first_of(kind: str, path: str = "") -> Callable[[Page, Stage], Any]:
    """The page of the first list, antenna, clip or channel there is, or one below it."""

    def go(page: Page, stage: Stage) -> None:
        page.goto(f"{stage.url}/{kind}")
        found = page.locator(f'main .doings a[href^="/{kind}/"]').first.get_attribute("href")
        page.goto(f"{stage.url}{found}{path}")

    return go


_stop("list", who="one")(_first_of("lists"))
_stop("list-edit", who="one")(_first_of("lists", "/edit"))
_stop("list-delete", who="one")(_first_of("lists", "/delete"))
_stop("list-members", who="one")(_first_of("lists", "/members"))
_stop("antenna-edit", who="one")(_first_of("antennas", "/edit"))
_stop("channel", who="one")(_first_of("channels"))


@_stop("lists-of-person", who="one")
def _lists_of_person(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/people/{stage.sandbox.person('bob').id}/lists")


_stop("chat", who="one")(_at("/chat"))
_stop("chat-search", who="one")(_at("/chat/search?q=roof"))
_stop("chat-rooms", who="one")(_at("/chat/rooms"))
_stop("chat-room-new", who="one")(_at("/chat/rooms/new"))
_stop("chat-person", who="one")(_at("/chat/@bob"))


def _chat_room(path: str = "", owner: str = "alice") -> Callable[[Page, Stage], Any]:
    """The page of somebody's room, or one below it."""

    def go(page: Page, stage: Stage) -> None:
        rooms, who = stage.sandbox.world.chat_rooms.values(), stage.sandbox.person(owner)
        room = next(room for room in rooms if room.owner_id == who.id)
        page.goto(f"{stage.url}/chat/rooms/{room.id}{path}")

    return go


_stop("chat-room", who="one")(_chat_room())
_stop("chat-room-invited", who="one")(_chat_room(owner="carol"))
_stop("chat-room-members", who="one")(_chat_room("/members"))
_stop("chat-room-edit", who="one")(_chat_room("/edit"))
_stop("chat-room-delete", who="one")(_chat_room("/delete"))


@_stop("chat-problem", who="one", status=400)
def _chat_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/chat/@bob")
    press(page, "#write form .button")


@_stop("chat-react", who="one")
def _chat_react(page: Page, stage: Stage) -> None:
    bob = stage.sandbox.person("bob").id
    messages = stage.sandbox.world.chat_messages.values()
    message = next(message for message in messages if message.from_id == bob)
    page.goto(f"{stage.url}/chat/messages/{message.id}/react")


def _in_the_garden(stage: Stage) -> str:
    """The path of a folder of alice's with something in it."""
    world, me = stage.sandbox.world, stage.sandbox.person("alice").id
    if "garden" not in world.folders:
        began = world.clock.now()
        world.folders["garden"] = Folder("garden", began, me, "庭 Garden")
        world.folders["beans"] = Folder("beans", began, me, "Beans & peas", "garden")
        files = [file for file in world.files.values() if file.user_id == me]
        for file in files[:3]:
            file.folder_id = "garden"
        files[1].comment = "A sprout between two stones, after the rain"
    return "/drive/folders/garden"


def _of_the_garden(path: str) -> Callable[[Page, Stage], Any]:
    """A page about that folder."""
    return lambda page, stage: page.goto(stage.url + _in_the_garden(stage) + path)


def _of_a_file(path: str) -> Callable[[Page, Stage], Any]:
    """A page about the first file there."""

    def go(page: Page, stage: Stage) -> None:
        page.goto(stage.url + _in_the_garden(stage))
        found = page.locator('.drive a[href^="/drive/files/"]').first.get_attribute("href")
        page.goto(f"{stage.url}{found}{path}")

    return go


@_stop("drive", who="one")
def _drive(page: Page, stage: Stage) -> None:
    _in_the_garden(stage)
    page.goto(f"{stage.url}/drive")


@_stop("drive-problem", who="one", status=400)
def _drive_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/drive")
    unfold(page, "#from-address")
    page.locator("#url").fill("https://")
    page.locator('form[action$="/fetch"]').evaluate("form => form.noValidate = true")
    press(page, 'form[action$="/fetch"] button')


_stop("drive-folder", who="one")(_of_the_garden(""))
_stop("drive-folder-rename", who="one")(_of_the_garden("/rename"))
_stop("drive-all", who="one")(_at("/drive/all"))
_stop("drive-found", who="one")(_at("/drive/all?q=a"))
_stop("drive-file", who="one")(_of_a_file(""))
_stop("drive-file-delete", who="one")(_of_a_file("/delete"))
_stop("drive-file-notes", who="one")(_of_a_file("/notes"))


@_stop("drive-folder-delete", who="one")
def _drive_folder_delete(page: Page, stage: Stage) -> None:
    _in_the_garden(stage)
    page.goto(f"{stage.url}/drive/folders/beans/delete")


@_stop("drive-move", who="one")
def _drive_move(page: Page, stage: Stage) -> None:
    page.goto(stage.url + _in_the_garden(stage))
    for box in page.locator('.drive input[name="file"]').all()[:2]:
        box.check()
    press(page, 'form[action="/drive/move"] button')


_stop("notifications", who="one")(_at("/notifications"))
_stop("search", who="one")(_at("/search"))
_stop("search-refused", who="one")(_at("/search?q=tea"))
_stop("search-people", who="one")(_at("/search?q=al&in=people"))
_stop("search-address", who="one")(_at("/search?q=@juno@far.example"))
_stop("menu", who="one")(_at("/menu"))
_stop("settings", who="one")(_at("/settings"))
_stop("settings-profile", who="one")(_at("/settings/profile"))
_stop("settings-privacy", who="one")(_at("/settings/privacy"))
_stop("settings-notifications", who="one")(_at("/settings/notifications"))
_stop("settings-content", who="one")(_at("/settings/content"))
_stop("settings-picture", who="one")(_at("/settings/pictures/avatar"))


@_stop("settings-problem", who="one", status=400)
def _settings_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/settings/profile")
    page.locator('input[name="name"]').fill("A name that is so long that no server takes it at all")
    press(page, 'form[action="/settings/profile"] button')


_stop("server", who="one")(_at("/server"))
_stop("server-emoji", who="one")(_at("/server/emoji"))
_stop("server-doing", who="one")(_at("/server/doing"))
_stop("server-one-emoji", who="one")(_at("/server/emoji/tea"))
_stop("server-charts", who="one")(_at("/server/charts"))
_stop("developers", who="one")(_at("/developers"))
_stop("developers-found", who="one")(_at("/developers?q=timeline"))
_stop("developers-endpoint", who="one")(_at("/developers/api/notes/create"))


@_stop("developers-answer", who="one")
def _developers_answer(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/developers/api/users/show")
    page.locator('textarea[name="body"]').fill('{"username": "bob"}')
    press(page, 'form[action^="/developers/api"] button')


_stop("activity", who="one")(_at("/activity"))
_stop("activity-by-hour", who="one")(_at("/activity/views?by=hour"))
_stop("keys", who="one")(_at("/about/keys"))
_stop("accounts", who="several")(_at("/accounts"))


@_stop("forget", who="several")
def _forget(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/accounts")
    page.locator('main a[href$="/forget"]').first.click()
    page.wait_for_url(re.compile("/forget$"))


_stop("sign-out", who="several")(_at("/sign-out"))
_stop("sign-out-of-one", who="one")(_at("/sign-out"))


@_stop("design", who="one")
def _design(page: Page, stage: Stage) -> None:
    # Only a copy of Engawa in debug mode has it; the same database lets alice in there.
    page.goto(f"{stage.workshop.url}/about/design")


_stop("language")(_at("/language"))
_stop("language-signed-in", who="one")(_at("/language"))
_stop("not-found", status=404)(_at("/nothing-here"))
_stop("not-found-signed-in", who="one", status=404)(_at("/nothing-here"))


@_stop("server-trouble", who="one", status=502)
def _server_trouble(page: Page, stage: Stage) -> None:
    stage.sandbox.misbehave("notes/timeline", "html", times=1, status=503)
    page.goto(stage.url)
