"""What one can do to a note: each a row of the table of actions, one handler for all."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask

from app.actions import ACTIONS, offered
from app.models import Account, Server
from sandbox import Sandbox
from tests.browsing import ORIGIN, Browser, Page
from tests.house import emptied, hurried, let_in

NewBrowser = Callable[[], Browser]


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for the module, as new for each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def note_of(sandbox: Sandbox, beginning: str) -> str:
    """The id of the note whose text begins so."""
    found = [n for n in sandbox.world.notes.values() if (n.text or "").startswith(beginning)]
    assert len(found) == 1, beginning
    return found[0].id


def post(browser: Browser, text: str = "a note to act on", **fields: str) -> str:
    """Post a note; its id."""
    browser.get("/compose")
    page = browser.submit("/compose", text=text, follow=False, **fields)
    return page.response.headers["Location"].rpartition("#note-")[2]


def fields_of(page: Page) -> dict[str, str]:
    """The hidden fields that every small form of a page has."""
    return page.forms()[0].fields


def act(browser: Browser, note_id: str, name: str, **fields: str) -> Page:
    """Carry out an action from the note's own page, without following the way back."""
    page = browser.get(f"/notes/{note_id}")
    path = f"/notes/{note_id}/{name}"
    return browser.post(path, {**fields_of(page), **fields}, follow=False)


BODIES = {
    "react": ({"reaction": "🍵"}, {"noteId": "ID", "reaction": "🍵"}),
    "unreact": ({}, {"noteId": "ID"}),
    "renote": ({"visibility": "home"}, {"renoteId": "ID", "visibility": "home"}),
    "unrenote": ({}, {"noteId": "ID"}),
    "vote": ({"choice": "1"}, {"noteId": "ID", "choice": 1}),
    "favourite": ({}, {"noteId": "ID"}),
    "unfavourite": ({}, {"noteId": "ID"}),
    "clip": ({"clip_id": "abc1"}, {"noteId": "ID", "clipId": "abc1"}),
    "unclip": ({"clip_id": "abc1"}, {"noteId": "ID", "clipId": "abc1"}),
    "pin": ({}, {"noteId": "ID"}),
    "unpin": ({}, {"noteId": "ID"}),
    "mute-thread": ({}, {"noteId": "ID"}),
    "unmute-thread": ({}, {"noteId": "ID"}),
}


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_each_action_makes_one_call_and_comes_back_to_the_note(
    alice: Browser, sandbox: Sandbox, name: str
) -> None:
    fields, body = BODIES[name]
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.clear_calls()
    sandbox.misbehave(ACTIONS[name].endpoint, "no-content")
    answer = alice.post(f"/notes/{note_id}/{name}", {**fields_of(page), **fields}, follow=False)
    assert answer.status == 303
    assert answer.response.headers["Location"] == f"/notes/{note_id}#note-{note_id}"
    (call,) = sandbox.calls
    assert call.endpoint == ACTIONS[name].endpoint
    sent = {key: value for key, value in call.body.items() if key != "i"}
    assert sent == {key: note_id if value == "ID" else value for key, value in body.items()}
    assert str(ACTIONS[name].done) in alice.get("/").text


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("react", {}),
        ("react", {"reaction": "x" * 301}),
        ("vote", {}),
        ("vote", {"choice": "one"}),
        ("vote", {"choice": "-1"}),
        ("clip", {}),
        ("clip", {"clip_id": "../../i"}),
        ("renote", {"visibility": "specified"}),
        ("renote", {"visibility": "everybody"}),
        ("renote", {"visibility": "public", "channel_id": "a b"}),
    ],
)
def test_junk_is_refused_without_a_call(
    alice: Browser, sandbox: Sandbox, name: str, fields: dict[str, str]
) -> None:
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.clear_calls()
    answer = alice.post(f"/notes/{note_id}/{name}", {**fields_of(page), **fields}, follow=False)
    assert answer.status == 400
    assert sandbox.calls == []


@pytest.mark.parametrize("note_id", ["a-b", "..", "x" * 65, "a b"])
def test_an_id_that_is_none_is_refused_without_a_call(
    alice: Browser, sandbox: Sandbox, note_id: str
) -> None:
    page = alice.get("/")
    sandbox.clear_calls()
    answer = alice.post(f"/notes/{note_id}/favourite", fields_of(page), follow=False)
    assert answer.status in (400, 404)
    assert sandbox.calls == []


def test_an_unknown_action_is_not_there(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.clear_calls()
    answer = alice.post(f"/notes/{note_id}/explode", fields_of(page), follow=False)
    assert answer.status == 404
    assert sandbox.calls == []


def test_without_a_token_nothing_is_done(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    sandbox.clear_calls()
    answer = alice.post(f"/notes/{note_id}/favourite", {}, follow=False)
    assert answer.status == 400
    assert sandbox.calls == []


def test_signed_out_nothing_is_done(browser: Browser, alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    fields = fields_of(alice.get(f"/notes/{note_id}"))
    alice.get("/sign-out")
    alice.submit("/sign-out")
    sandbox.clear_calls()
    answer = alice.post(f"/notes/{note_id}/favourite", fields, follow=False)
    assert answer.status in (303, 400)
    assert sandbox.calls == []


def test_it_is_done_as_the_account_the_page_was_shown_to(alice: Browser, sandbox: Sandbox) -> None:
    alice.sign_in("bob")
    bob_s_page = alice.get("/")
    note_id = bob_s_page.note_ids()[0]
    alice.get("/accounts")
    (switch,) = [f.action for f in alice.page.forms() if f.action.endswith("/switch")]
    alice.submit(switch)
    sandbox.clear_calls()
    alice.post(f"/notes/{note_id}/react", {**fields_of(bob_s_page), "reaction": "🍡"}, follow=False)
    assert [call.account for call in sandbox.calls] == ["bob"]


def test_every_action_has_a_test() -> None:
    assert BODIES.keys() == ACTIONS.keys()


def whole(page: Page, name: str) -> dict[str, str]:
    """Everything a good form of that action sends, as the page has it."""
    return {**fields_of(page), **BODIES[name][0]}


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_no_action_without_a_token(alice: Browser, sandbox: Sandbox, name: str) -> None:
    page = alice.get("/")
    note_id = page.note_ids()[0]
    fields = whole(page, name)
    del fields["csrf_token"]
    sandbox.clear_calls()
    answer = alice.post(f"/notes/{note_id}/{name}", fields, follow=False)
    assert answer.status == 400
    assert "nothing was done" in answer.text
    assert sandbox.calls == []


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_no_action_signed_out(alice: Browser, sandbox: Sandbox, name: str) -> None:
    page = alice.get("/")
    note_id = page.note_ids()[0]
    fields = whole(page, name)
    alice.client.delete_cookie("engawa")
    sandbox.clear_calls()
    answer = alice.post(f"/notes/{note_id}/{name}", fields, follow=False)
    assert answer.status == 303
    assert answer.response.headers["Location"].startswith("/sign-in")
    assert sandbox.calls == []


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_no_action_as_an_account_one_is_not_signed_in_to(
    alice: Browser, sandbox: Sandbox, name: str
) -> None:
    page = alice.get("/")
    note_id = page.note_ids()[0]
    sandbox.clear_calls()
    for account in ("somebodyelse", "1", "a-b", "\0"):
        fields = {**whole(page, name), "account": account}
        answer = alice.post(f"/notes/{note_id}/{name}", fields, follow=False)
        assert answer.status == 303
        assert answer.response.headers["Location"].startswith("/accounts?next=")
        assert "nothing was done" in alice.get("/accounts").text
    assert sandbox.calls == []


def test_no_action_as_another_person_s_account(
    alice: Browser, new_browser: NewBrowser, sandbox: Sandbox
) -> None:
    bob = new_browser()
    bob.sign_in("bob")
    bob_s = fields_of(bob.get("/"))["account"]
    page = alice.get("/")
    note_id = page.note_ids()[0]
    sandbox.clear_calls()
    answer = alice.post(
        f"/notes/{note_id}/favourite", {**fields_of(page), "account": bob_s}, follow=False
    )
    assert answer.status == 303
    assert sandbox.calls == []


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_no_action_on_what_can_be_no_id(alice: Browser, sandbox: Sandbox, name: str) -> None:
    fields = whole(alice.get("/"), name)
    sandbox.clear_calls()
    for note_id in ("a-b", "x" * 65, "%00"):
        assert alice.post(f"/notes/{note_id}/{name}", fields, follow=False).status == 400
    assert sandbox.calls == []


# These three have pages of their own, which help to choose: see test_acting_pages.
HAVE_PAGES = {"react", "renote", "clip"}


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_no_action_by_another_method(alice: Browser, sandbox: Sandbox, name: str) -> None:
    page = alice.get("/")
    path = f"/notes/{page.note_ids()[0]}/{name}"
    fields = whole(page, name)
    sandbox.clear_calls()
    for method in ("PUT", "DELETE", "PATCH"):
        answer = alice.client.open(path, method=method, data=fields, headers={"Origin": ORIGIN})
        assert answer.status_code == 405
        assert "POST" in answer.headers["Allow"]
    read = alice.client.get(path, query_string=fields)
    assert read.status_code == (200 if name in HAVE_PAGES else 405)
    assert sandbox.calls_of(ACTIONS[name].endpoint) == []


FAILURES = {
    "down": (504, "did not answer in time"),
    "lost": (504, "did not answer in time"),
    "internal-error": (502, "has a problem"),
    # A page with the status 200 is of something before the server, and not its answer.
    "html": (502, "an answer that can't be used"),
    "garbage": (502, "an answer that can't be used"),
}


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_each_action_tells_of_a_server_that_fails(
    alice: Browser, sandbox: Sandbox, name: str
) -> None:
    for how, (status, words) in FAILURES.items():
        # A form of its own each time: a renote is tried once by one form.
        page = alice.get("/")
        note_id = page.note_ids()[0]
        sandbox.clear_calls()
        sandbox.misbehave(ACTIONS[name].endpoint, how)
        answer = alice.post(f"/notes/{note_id}/{name}", whole(page, name), follow=False)
        assert answer.status == status, how
        assert words in answer.title
        assert "It may have been done all the same" in answer.text
        # A write is never sent twice.
        assert len(sandbox.calls_of(ACTIONS[name].endpoint)) == 1
        sandbox.behave()


LACKING = [
    ("UNKNOWN_API_ENDPOINT", 404, 502, "can't do this"),
    ("PERMISSION_DENIED", 403, 403, "does not let Engawa do this"),
    ("NO_SUCH_NOTE", 400, 404, "does not have this"),
    ("SOMETHING_NEW", 400, 502, "said no"),
]


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_each_action_tells_what_is_lacking(alice: Browser, sandbox: Sandbox, name: str) -> None:
    for code, said, status, words in LACKING:
        page = alice.get("/")
        note_id = page.note_ids()[0]
        sandbox.misbehave(ACTIONS[name].endpoint, "error", code=code, status=said)
        answer = alice.post(f"/notes/{note_id}/{name}", whole(page, name), follow=False)
        assert answer.status == status, code
        assert words in answer.title
    assert alice.is_signed_in


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_an_action_is_offered_where_endpoint_and_permission_are_there(name: str) -> None:
    action = ACTIONS[name]
    account = Account(host="a.example", user_id="1", username="a")
    server = Server(host="a.example", endpoints=[action.endpoint])
    assert name in offered(account, server)
    assert name in offered(account, None)
    server.endpoints = ["notes/show"]
    assert name not in offered(account, server)
    server.endpoints = [action.endpoint]
    account.permissions = ["read:account"]
    assert name not in offered(account, server)
    account.permissions = [action.permission]
    assert name in offered(account, server)


REFUSALS = [
    ("react", {"reaction": "🍵"}, "ALREADY_REACTED", "You reacted with this before."),
    ("unreact", {}, "NOT_REACTED", "You have no reaction there."),
    ("vote", {"choice": "0"}, "ALREADY_VOTED", "You have voted before."),
    ("vote", {"choice": "0"}, "ALREADY_EXPIRED", "This poll is over."),
    ("favourite", {}, "ALREADY_FAVORITED", "It was among your favourites before."),
    ("clip", {"clip_id": "abc1"}, "ALREADY_CLIPPED", "The note was in this clip before."),
    ("pin", {}, "PIN_LIMIT_EXCEEDED", "as many notes as your server allows"),
    ("react", {"reaction": "🍵"}, "YOU_HAVE_BEEN_BLOCKED", "This person has blocked you."),
]


@pytest.mark.parametrize(("name", "fields", "code", "words"), REFUSALS)
def test_a_plain_refusal_is_a_sentence_where_the_person_was(
    alice: Browser,
    sandbox: Sandbox,
    name: str,
    fields: dict[str, str],
    code: str,
    words: str,
) -> None:
    note_id = post(alice)
    sandbox.misbehave(ACTIONS[name].endpoint, "error", code=code, status=400)
    answer = act(alice, note_id, name, **fields)
    assert answer.status == 303
    sandbox.behave()
    page = alice.get(f"/notes/{note_id}")
    assert words in "".join(page.one("div", class_="is-problem").itertext())


def test_too_soon_says_how_long(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    sandbox.misbehave("notes/reactions/delete", "rate-limited", retry_after=3)
    answer = act(alice, note_id, "unreact")
    assert answer.status == 303
    sandbox.behave()
    assert "Try again in 3 seconds." in alice.get(f"/notes/{note_id}").text


@pytest.mark.parametrize("how", ["down", "silent", "html", "internal-error", "garbage"])
def test_a_server_that_fails_is_said_to(alice: Browser, sandbox: Sandbox, how: str) -> None:
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.clear_calls()
    hurried(alice.app)
    sandbox.misbehave("notes/favorites/create", how)
    answer = alice.post(f"/notes/{note_id}/favourite", fields_of(page), follow=False)
    assert answer.status in (502, 504)
    assert len(sandbox.calls_of("notes/favorites/create")) == 1


def test_a_revoked_app_signs_out(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    page = alice.get(f"/notes/{note_id}")
    sandbox.revoke("alice")
    answer = alice.post(f"/notes/{note_id}/favourite", fields_of(page), follow=False)
    assert answer.status == 401
    assert not alice.is_signed_in


def test_a_double_click_renotes_once(alice: Browser, new_browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    fields = fields_of(alice.get(f"/notes/{note_id}"))
    sandbox.clear_calls()
    sandbox.misbehave("notes/create", "slow", seconds=0.3)
    clicks = [
        threading.Thread(
            target=alice.app.test_client(use_cookies=False).post,
            args=(f"/notes/{note_id}/renote",),
            kwargs={
                "data": {**fields, "visibility": "public"},
                "headers": {"Cookie": f"engawa={alice.cookie()}"},
            },
        )
        for _ in range(3)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert len(sandbox.calls_of("notes/create")) == 1


def test_the_same_page_can_renote_another_note(alice: Browser, sandbox: Sandbox) -> None:
    first, second = post(alice, "one"), post(alice, "two")
    fields = fields_of(alice.get("/"))
    sandbox.clear_calls()
    for note_id in (first, second):
        alice.post(f"/notes/{note_id}/renote", {**fields, "visibility": "public"}, follow=False)
    renoted = [call.body["renoteId"] for call in sandbox.calls_of("notes/create")]
    assert renoted == [first, second]


def test_what_the_server_lacks_is_not_offered(alice: Browser, sandbox: Sandbox, app) -> None:
    from app.extensions import db
    from app.models import Server

    note_id = post(alice)
    with app.app_context():
        server = db.session.get(Server, sandbox.host)
        assert server is not None
        server.endpoints = ["notes/create", "notes/reactions/delete"]
        db.session.commit()
    page = alice.get(f"/notes/{note_id}")
    assert not [form for form in page.forms() if form.action.endswith("/react")]
    assert [form for form in page.forms() if form.action.endswith("/renote")]
    more = alice.get(f"/notes/{note_id}/more")
    assert not [form for form in more.forms() if form.action.endswith("/favourite")]


def test_what_our_app_may_not_do_is_not_offered(browser: Browser, sandbox: Sandbox, app) -> None:
    from app.extensions import db
    from app.models import Account

    browser.sign_in("alice")
    note_id = post(browser)
    with app.app_context():
        account = db.session.scalars(db.select(Account)).one()
        assert "write:reactions" in (account.permissions or [])
        account.permissions = ["read:account", "write:notes"]
        db.session.commit()
    page = browser.get(f"/notes/{note_id}")
    assert not [form for form in page.forms() if form.action.endswith("/react")]
    assert [form for form in page.forms() if form.action.endswith("/renote")]


def test_ones_last_reactions_come_first(alice: Browser, sandbox: Sandbox) -> None:
    note_id = post(alice)
    act(alice, note_id, "react", reaction="🍡")
    page = alice.get("/")
    palette = [
        button["value"]
        for form in page.forms()
        if form.action.endswith("/react")
        for button in form.buttons
        if "value" in button
    ]
    assert "🍡" in palette
    assert palette.index("🍡") < palette.index("👍")
