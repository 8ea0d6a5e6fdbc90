"""What the script offers while a name is typed: to whom, out of what, and how often."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from app import emojis
from app.preferences import DATA_SAVER_COOKIE
from app.views.suggestions import MOST
from sandbox import Sandbox
from tests.browsing import Browser
from tests.house import emptied, hurried, let_in
from tests.sent import a_user
from tests.web.test_uploads import knows

SEARCH = "users/search-by-username-and-host"
BOTH = ["/compose/people", "/compose/emoji"]


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test, which has no list
    of emoji either."""
    emojis.init_app(house)
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, by the quickest way."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def ask(
    browser: Browser, path: str, q: str | None = None, **more: str
) -> tuple[int, list[dict[str, Any]]]:
    """The status and the suggestions."""
    response = browser.client.get(path, query_string={} if q is None else {"q": q, **more})
    assert response.mimetype == "application/json"
    assert list(response.json) == ["suggestions"]
    return response.status_code, response.json["suggestions"]


def test_people_whose_handle_begins_so(alice: Browser, sandbox: Sandbox) -> None:
    status, found = ask(alice, "/compose/people", "bo")
    assert status == 200
    assert {"text": "@bob", "name": sandbox.person("bob").name, "picture": None} in found
    assert all(one["text"].startswith("@bo") for one in found)
    (call,) = sandbox.calls
    assert call.endpoint == SEARCH
    assert {name: value for name, value in call.body.items() if name != "i"} == {
        "username": "bo",
        "limit": MOST,
        "detail": False,
    }


def test_people_of_a_server(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave(SEARCH, "answer", body=[a_user(username="juno", host="far.example")])
    assert ask(alice, "/compose/people", "ju@far.ex") == (
        200,
        [{"text": "@juno@far.example", "name": "Momo", "picture": None}],
    )
    assert (sandbox.calls[0].body["username"], sandbox.calls[0].body["host"]) == ("ju", "far.ex")


def test_no_more_than_fit(alice: Browser, sandbox: Sandbox) -> None:
    many = [a_user(id=f"u{number}", username=f"bo{number}") for number in range(50)]
    sandbox.misbehave(SEARCH, "answer", body=many)
    assert len(ask(alice, "/compose/people", "bo")[1]) == MOST


def test_one_person_who_cannot_be_read_hides_no_other(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave(SEARCH, "answer", body=[{"id": 7}, a_user(username="bo")])
    assert [one["text"] for one in ask(alice, "/compose/people", "bo")[1]] == ["@bo"]


def test_emoji_with_their_pictures_and_one_call_for_many_questions(
    alice: Browser, sandbox: Sandbox
) -> None:
    known = next(iter(sandbox.world.emojis.values()))
    for beginning in (known.name[:2], known.name, known.name.upper()):
        status, found = ask(alice, "/compose/emoji", beginning)
        assert status == 200
        by_name = {one["text"]: one for one in found}
        assert by_name[f":{known.name}:"]["picture"].startswith("http")
    assert [call.endpoint for call in sandbox.calls] == ["emojis"]


def test_a_data_saver_gets_no_pictures(alice: Browser, sandbox: Sandbox) -> None:
    alice.client.set_cookie(DATA_SAVER_COOKIE, "1", domain="localhost")
    known = next(iter(sandbox.world.emojis.values()))
    found = ask(alice, "/compose/emoji", known.name)[1]
    assert found
    assert {one["picture"] for one in found} == {None}


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize(
    "junk", [None, "", " ", "a b", "あ", "@", "<b>", "a" * 300, "\0", "%", ":"]
)
def test_junk_finds_nothing_and_asks_nobody(
    alice: Browser, sandbox: Sandbox, path: str, junk: str | None
) -> None:
    assert ask(alice, path, junk) == (200, [])
    assert sandbox.calls == []


@pytest.mark.parametrize("path", BOTH)
def test_signed_out_nobody_is_asked(browser: Browser, sandbox: Sandbox, path: str) -> None:
    assert ask(browser, path, "bo") == (401, [])
    assert sandbox.calls == []


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize("account", ["nobody", "../x", "あ"])
def test_another_account_than_ones_own_is_none(
    alice: Browser, sandbox: Sandbox, path: str, account: str
) -> None:
    assert ask(alice, path, "bo", account=account) == (401, [])
    assert sandbox.calls == []


def test_the_account_of_the_page_is_the_one_that_asks(alice: Browser, sandbox: Sandbox) -> None:
    of_alice = alice.get("/compose").one("input", name="account").get("value") or ""
    let_in(alice, "bob")
    sandbox.clear_calls()
    ask(alice, "/compose/people", "ca", account=of_alice)
    ask(alice, "/compose/people", "ca")
    asked_as = [sandbox.world.apps.holder(call.body["i"]) for call in sandbox.calls]
    people = [token.user_id for token in asked_as if token is not None]
    assert people == [sandbox.person("alice").id, sandbox.person("bob").id]


@pytest.mark.parametrize(
    ("how", "status"),
    [("html", 502), ("truncated", 504), ("down", 504), ("silent", 504), ("rate-limited", 429)],
)
@pytest.mark.parametrize(("path", "endpoint"), [(BOTH[0], SEARCH), (BOTH[1], "emojis")])
def test_a_server_in_trouble_gives_nothing(
    alice: Browser, sandbox: Sandbox, path: str, endpoint: str, how: str, status: int
) -> None:
    hurried(alice.app)
    sandbox.misbehave(endpoint, how)
    assert ask(alice, path, "bo") == (status, [])


@pytest.mark.parametrize("path", BOTH)
def test_a_revoked_app_signs_that_account_out(alice: Browser, sandbox: Sandbox, path: str) -> None:
    sandbox.revoke("alice")
    assert ask(alice, path, "bo") == (401, [])
    assert not alice.is_signed_in


def test_where_people_cannot_be_found_nobody_is_asked(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    knows(app, sandbox, without=SEARCH)
    assert ask(alice, "/compose/people", "bo") == (200, [])
    assert sandbox.calls == []
    form = alice.get("/compose").form("/compose")
    assert form.action == "/compose"
    assert "data-people" not in (alice.page.html if alice.page else "")


@pytest.mark.parametrize("path", BOTH)
def test_too_many_questions_wait(alice: Browser, sandbox: Sandbox, path: str) -> None:
    statuses = [ask(alice, path, "?")[0] for _ in range(121)]
    assert statuses == [200] * 120 + [429]
    assert sandbox.calls == []


@pytest.mark.parametrize("path", BOTH)
def test_asking_changes_nothing(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.post(path, {"q": "bo"}).status in (400, 405)
    assert sandbox.calls == []


def test_the_questions_take_no_notice_away(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    alice.press("/compose", "keep", follow=False, text="Kept")
    ask(alice, "/compose/people", quote("bo"))
    assert "Kept as a draft." in alice.get("/drafts").text
