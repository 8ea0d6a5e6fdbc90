"""How a person likes to read: kept with the account, or in the browser's cookies."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account
from app.preferences import PAGE_SIZES, Preferences
from sandbox import Sandbox
from scripts.installation import ROOT
from tests.browsing import Browser, Page
from tests.house import emptied, let_in
from tests.sent import a_file, a_note
from tests.web.test_home import QUERIES_PER_HOME, queries


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def choose(browser: Browser, **changes: str | None) -> Page:
    """Change some of the settings and save."""
    browser.get("/settings")
    return browser.submit("/settings", **changes)


def sheets(page: Page) -> set[str]:
    """The names of the page's stylesheets."""
    links = [link.get("href", "") for link in page.all("link", rel="stylesheet")]
    return {href.partition("?")[0].rpartition("/")[2] for href in links}


def tabs(page: Page) -> list[str]:
    """Where the row of tabs leads."""
    rows = page.all("nav", class_="tabs")
    return [link.get("href", "") for link in rows[0].iter("a")] if rows else []


def test_the_page_asks_no_server(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.get("/settings").status == 200
    assert "Saved for @alice@" in choose(alice, theme="dark").text
    assert sandbox.calls == []


def test_they_hold_in_every_browser(
    alice: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    choose(alice, theme="dark", is_still="1", saves_data="1", language="ja", per_page="10")
    other = let_in(new_browser(), "alice")
    page = other.get("/")
    assert {"dark.css", "still.css"} <= sheets(page)
    assert page.root.get("lang") == "ja"
    assert page.all("img") == []
    assert len(page.note_ids()) == 10


def test_they_belong_to_one_account(alice: Browser, sandbox: Sandbox) -> None:
    choose(alice, theme="dark", per_page="40")
    let_in(alice, "bob")
    choose(alice, theme="light")
    assert "light.css" in sheets(alice.get("/"))
    form = next(f for f in alice.get("/accounts").forms() if f.action.endswith("/switch"))
    page = alice.post(form.action, form.fields)
    assert "dark.css" in sheets(page)


def test_nothing_chosen_is_as_before(alice: Browser) -> None:
    page = alice.get("/")
    assert not sheets(page) & {"dark.css", "light.css", "still.css"}
    assert page.one("meta", name="color-scheme").get("content") == "light dark"
    assert tabs(page) == ["/", "/timelines/local", "/timelines/social", "/timelines/global"]


def test_home_costs_no_query_more(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    choose(alice, theme="dark", quick_reactions="🍵 :tea:", per_page="20")
    alice.get("/")
    sandbox.clear_calls()
    with queries(app) as said:
        assert len(alice.get("/").note_ids()) == 20
    assert len(said) <= QUERIES_PER_HOME, said
    assert len(sandbox.calls) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme(alice: Browser, theme: str) -> None:
    page = choose(alice, theme=theme)
    assert f"{theme}.css" in sheets(page)
    assert page.one("meta", name="color-scheme").get("content") == theme
    assert not {"light.css", "dark.css"} & sheets(choose(alice, theme="system"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_themes_have_the_colours_of_the_stylesheet(theme: str) -> None:
    whole = (ROOT / "static" / "engawa.css").read_text()
    day = re.search(r":root \{(.*?)\}", whole, re.DOTALL)
    night = re.search(r"color-scheme: dark\) \{\s+:root \{(.*?)\}", whole, re.DOTALL)
    chosen = re.search(
        r":root \{(.*?)\}", (ROOT / "static" / f"{theme}.css").read_text(), re.DOTALL
    )
    expected = day if theme == "light" else night
    assert expected is not None
    assert chosen is not None
    assert expected[1].split() == chosen[1].split()


@pytest.mark.parametrize("size", PAGE_SIZES)
def test_notes_on_a_page(alice: Browser, sandbox: Sandbox, size: int) -> None:
    choose(alice, per_page=str(size))
    page = alice.get("/")
    assert [call.body["limit"] for call in sandbox.calls_of("notes/timeline")][-1] == size
    assert len(page.note_ids()) == size
    assert [link for link in page.links() if "until=" in link]


def test_tabs_in_their_order(alice: Browser, sandbox: Sandbox) -> None:
    row = {"tab-home": "2", "tab-local": "0", "tab-global": "1", "tab-social": "0"}
    choose(alice, **row, **{"tab-favourites": "3"})
    expected = ["/timelines/global", "/", "/timelines/favourites"]
    for path in expected:
        assert tabs(alice.get(path)) == expected
    assert tabs(alice.get("/timelines/local")) == []
    page = alice.get("/settings")
    assert page.form("/settings").fields["tab-global"] == "1"
    assert page.form("/settings").fields["tab-local"] == "0"


def test_home_is_always_there(alice: Browser) -> None:
    page = choose(alice, **{"tab-home": "0", "tab-local": "1", "tab-social": None})
    assert tabs(alice.get("/"))[0] == "/"
    assert page.status == 200


@pytest.mark.parametrize("place", ["", "-1", "x", "9" * 400, "１", "1.5"])
def test_places_that_are_none(alice: Browser, place: str) -> None:
    assert choose(alice, **{"tab-local": place}).status == 200
    assert tabs(alice.get("/"))[0] in ("/", "/timelines/local")


def test_reactions_at_hand(alice: Browser, sandbox: Sandbox) -> None:
    choose(alice, quick_reactions="🍵  :tea: 🍵")
    page = alice.get("/")
    offered = [b.get("value") for b in page.all("button", name="reaction", class_="pill")]
    first = offered.index("🍵")
    assert offered[first : first + 2] == ["🍵", ":tea:"]
    assert alice.get("/settings").form("/settings").fields["quick_reactions"] == "🍵 :tea:"


@pytest.mark.parametrize(
    "typed", ["tea", "👍 <b>", ":te a:", "x" * 500, " ".join("🍵🍡🍙🍘🍢🍣🍤🍥🍦")]
)
def test_reactions_that_are_none_come_back(alice: Browser, typed: str) -> None:
    page = choose(alice, quick_reactions=typed)
    assert page.status == 400
    assert page.form("/settings").fields["quick_reactions"] == typed
    assert page.one("input", name="quick_reactions").get("aria-invalid") == "true"


def test_pictures_behind_a_line(alice: Browser, sandbox: Sandbox) -> None:
    plain, odd = a_file(), a_file(id="file2", isSensitive=True)
    sandbox.misbehave("notes/timeline", "answer", body=[a_note(files=[plain, odd])])
    veiled = {"shown": 1, "folded": 2, "all": 0}
    for media, count in veiled.items():
        choose(alice, media=media)
        page = alice.get("/")
        assert len(page.all("details", class_="veiled")) == count, media
        assert len([i for i in page.all("img") if "garden" in i.get("src", "")]) == 2


def test_signed_out_the_browser_remembers(browser: Browser, sandbox: Sandbox) -> None:
    page = choose(browser, theme="dark", is_still="1", saves_data="1")
    assert "Saved for this browser." in page.text
    assert {"dark.css", "still.css"} <= sheets(page)
    assert not page.all("select", name="language")
    cookies = {name: browser.cookie(name) for name in ("engawa-theme", "engawa-still")}
    assert cookies == {"engawa-theme": "dark", "engawa-still": "1"}
    assert {"dark.css"} <= sheets(let_in(browser, "alice").get("/"))
    assert len(sandbox.calls) == 1


def test_signing_out_keeps_the_looks(alice: Browser) -> None:
    choose(alice, theme="dark", language="ja")
    alice.get("/sign-out")
    page = alice.submit("/sign-out")
    assert "dark.css" in sheets(alice.get("/"))
    assert page.root.get("lang") == "ja"


@pytest.mark.parametrize("junk", ["", "pink", "../x", "<script>"])
def test_junk_changes_nothing(alice: Browser, junk: str) -> None:
    choose(alice, theme="dark")
    page = choose(alice, theme=junk, media=junk, per_page=junk, language=junk)
    assert page.status == 200
    assert "dark.css" in sheets(page)
    alice.client.set_cookie("engawa-theme", "pink")
    assert alice.get("/").status == 200


@pytest.mark.parametrize("odd", [{}, {"tabs": "x"}, {"per_page": "many"}, {"unknown": 1}])
def test_what_was_kept_by_another_version(
    alice: Browser, app: Flask, odd: dict[str, object]
) -> None:
    with app.app_context():
        db.session.query(Account).one().preferences = odd
        db.session.commit()
    assert alice.get("/").status == 200
    assert alice.get("/settings").status == 200


def test_the_page_of_another_account_is_not_mixed_up(alice: Browser, app: Flask) -> None:
    form = alice.get("/settings").form("/settings")
    let_in(alice, "bob")
    token = alice.get("/settings").form("/settings").fields["csrf_token"]
    alice.post("/settings", {**form.fields, "csrf_token": token, "theme": "dark"})
    with app.app_context():
        kept = {a.username: a.preferences for a in db.session.query(Account)}
    assert kept["bob"] is None
    assert (kept["alice"] or {})["theme"] == "dark"
    assert Preferences().theme == "system"


def test_it_wants_our_own_form(alice: Browser, app: Flask) -> None:
    assert alice.post("/settings", {"theme": "dark"}).status == 400
    with app.app_context():
        assert db.session.query(Account).one().preferences is None


def test_the_language_page_tells_the_account(
    alice: Browser, new_browser: Callable[[], Browser]
) -> None:
    alice.get("/language")
    alice.submit("/language", language="ja")
    assert let_in(new_browser(), "alice").get("/").root.get("lang") == "ja"
