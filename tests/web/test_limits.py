"""How often one account may be signed in, post and ask for exports. Whoever does so too often
is told, and loses nothing; others notice nothing. (What is counted by address is in
`test_security.py`.)"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask

from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser, Page
from tests.house import emptied, let_in

POSTS = 60
EXPORTS = 10
SIGN_INS = 10


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def press_often(browser: Browser) -> None:
    """Send an empty form, which calls nobody, as often as one may in a minute."""
    browser.get("/compose")
    fields = browser.page.form("/compose").fields
    for _ in range(POSTS):
        assert browser.post("/compose", fields).status == 400


def post_once_more(browser: Browser, text: str) -> Page:
    """Try to post a note."""
    browser.get("/compose")
    return browser.submit("/compose", text=text)


def test_posting_too_often_is_told_and_nothing_is_lost(
    alice: Browser, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    press_often(alice)
    sandbox.clear_calls()
    page = post_once_more(alice, "not lost")
    assert page.status == 429
    assert page.response.headers["Retry-After"] == "60"
    assert "That was often in a short time, so nothing was sent." in page.text
    assert page.form("/compose").fields["text"] == "not lost"
    assert sandbox.calls == []
    # It is the account that is counted, in whichever browser.
    other = let_in(new_browser(), "alice")
    assert post_once_more(other, "from elsewhere").status == 429
    assert sandbox.calls_of("notes/create") == []
    assert post_once_more(let_in(new_browser(), "bob"), "as somebody else").status == 200
    assert len(sandbox.calls_of("notes/create")) == 1


def test_files_have_to_be_chosen_again(alice: Browser, sandbox: Sandbox) -> None:
    press_often(alice)
    sandbox.clear_calls()
    alice.get("/compose")
    fields = alice.page.form("/compose").fields | {"text": "with a picture"}
    page = alice.post("/compose", {**fields, "files": (BytesIO(b"x"), "x.png")})
    assert page.status == 429
    assert "choose your files again" in page.text
    assert sandbox.calls == []


def test_a_sign_in_that_is_over_is_told_as_always(alice: Browser, sandbox: Sandbox) -> None:
    press_often(alice)
    alice.get("/compose")
    fields = alice.page.form("/compose").fields | {"text": "typed"}
    stored.execute(alice.app, "DELETE FROM browser_sign_ins")
    sandbox.clear_calls()
    page = alice.post("/compose", fields)
    assert page.status < 500
    assert "typed" in page.html
    assert sandbox.calls == []


def test_asking_for_exports_too_often(
    alice: Browser, sandbox: Sandbox, new_browser: Callable[[], Browser]
) -> None:
    alice.get("/exports")
    form = alice.page.form("/exports").fields | {"part": "lists"}
    for _ in range(EXPORTS):
        assert alice.post("/exports", form).status == 200
        stored.execute(alice.app, "DELETE FROM exports")
    sandbox.clear_calls()
    page = alice.post("/exports", form)
    assert page.status == 429
    assert page.response.headers["Retry-After"] == "3600"
    assert "many exports in a short time" in page.text
    assert stored.rows(alice.app, "exports") == []
    assert sandbox.calls == []
    bob = let_in(new_browser(), "bob")
    bob.get("/exports")
    assert bob.submit("/exports", part="lists").status == 200
    assert len(stored.rows(alice.app, "exports")) == 1


def test_without_an_account_there_is_no_export_to_ask_for(
    browser: Browser, sandbox: Sandbox
) -> None:
    token = browser.get("/language").form("/language").fields["csrf_token"]
    for _ in range(EXPORTS + 2):
        assert browser.post("/exports", {"csrf_token": token}).status in (200, 401)
    assert stored.rows(browser.app, "exports") == []
    assert sandbox.calls == []


def test_an_account_signed_in_again_and_again(
    new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    for _ in range(SIGN_INS):
        assert new_browser().sign_in("alice").status == 200
    kept = stored.rows(new_browser().app, "accounts")
    another = new_browser()
    page = another.sign_in("alice")
    assert page.status == 429
    assert page.response.headers["Retry-After"] == "600"
    assert "signed in many times" in page.text
    assert not another.is_signed_in
    # Those who are in stay in, by what was kept before.
    assert stored.rows(another.app, "accounts") == kept
    assert new_browser().sign_in("bob").status == 200
