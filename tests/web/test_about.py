"""`/about` and `/privacy`, and the page of every component."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.extensions import db
from app.samples import TOKENS
from app.sessions import LIFETIME
from sandbox import Sandbox
from tests.browsing import Browser
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation, empty."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


@pytest.mark.parametrize("path", ["/about", "/privacy"])
def test_they_are_there_for_everybody_and_ask_no_server(
    browser: Browser, sandbox: Sandbox, path: str
) -> None:
    assert browser.get(path).status == 200
    assert not browser.page.all("nav", class_="places")
    let_in(browser, "alice")
    sandbox.clear_calls()
    assert browser.get(path).all("nav", class_="places")
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["/", "/about", "/privacy", "/nothing-here"])
def test_every_page_leads_to_them(browser: Browser, path: str) -> None:
    assert {"/about", "/privacy"} <= set(browser.get(path).links())


@pytest.mark.parametrize("path", ["/about", "/privacy"])
def test_nothing_is_sent_there(browser: Browser, path: str) -> None:
    token = browser.get("/language").form("/language").fields["csrf_token"]
    assert browser.post(path, {"csrf_token": token}).status == 405


@pytest.mark.parametrize("path", ["/", "/sign-in", "/about", "/privacy"])
def test_search_engines_may_find_what_is_the_same_for_everybody(
    browser: Browser, path: str
) -> None:
    page = browser.get(path)
    assert page.all("meta", name="robots") == []
    assert page.one("meta", name="description").get("content")


def test_search_engines_find_nothing_of_anybody(alice: Browser) -> None:
    for path in ("/", "/accounts", "/compose", "/nothing-here"):
        assert alice.get(path).one("meta", name="robots").get("content") == "noindex", path


def test_a_sign_in_with_something_in_it_is_nobody_elses(browser: Browser) -> None:
    for path in ("/sign-in?next=/compose", "/sign-in?server=misskey.example"):
        assert browser.get(path).one("meta", name="robots").get("content") == "noindex", path


def test_the_page_of_what_is_kept_knows_every_table(browser: Browser) -> None:
    """Whoever adds a table says on the page what it keeps of people, and then adds it
    here; those of servers and of the operator hold nothing of a person."""
    of_people = {
        "accounts",
        "browser_sign_ins",
        "deletion_rules",
        "drafts",
        "exports",
        "found_notes",
        "measures",
        "one_time_links",
        "pending_sign_ins",
        "scheduled_notes",
        "sessions",
        "submissions",
        "summary_plans",
    }
    of_servers = {"servers", "server_apps", "server_emojis", "server_references"}
    of_the_operator = {"server_rules", "service_notices", "workers"}
    assert set(db.metadata.tables) == of_people | of_servers | of_the_operator


def test_the_page_of_what_is_kept_says_how_long(browser: Browser) -> None:
    assert f"{LIFETIME.days} days" in browser.get("/privacy").text


# The page of every component ------------------------------------------------------------


def test_it_is_not_there_for_people(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.get("/about/design").status == 404
    assert sandbox.calls == []


def test_it_shows_everything_to_those_who_work_on_it(
    make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    app = make_app()
    app.debug = True
    browser = Browser(app, sandbox)
    assert browser.get("/about/design", follow=False).status == 303
    let_in(browser, "alice")
    sandbox.clear_calls()
    page = browser.get("/about/design")
    assert page.status == 200
    for token in TOKENS:
        assert f"--{token}" in page.text
    assert len(page.note_ids()) >= 14
    assert sandbox.calls == []
