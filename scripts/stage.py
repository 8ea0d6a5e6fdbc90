"""A stage: a real browser, Engawa under gunicorn and the sandbox, each over its own socket,
and what one does there: sign in, press, write. For the browser tests, the screenshots and
the benchmarks; `scripts/tour.py` has the pages.

    with sync_playwright() as playwright, launch(playwright) as browser:
        with Stage(browser, Path(folder)) as stage:
            page = stage.page(Look(language="ja"), "one")
            page.goto(stage.url)
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
)

from sandbox import ALL_PERMISSIONS, Sandbox
from sandbox.records import Note
from scripts.installation import Installation

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

    @contextmanager
    def at(self, sandbox: Sandbox) -> Iterator[None]:
        """What is done here is done at another server, that runs already."""
        usual, cookies = self.sandbox, self._cookies
        self.sandbox, self._cookies = sandbox, {}
        try:
            yield
        finally:
            self.sandbox, self._cookies = usual, cookies

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
