"""A direct note says whom it is for: by name where the page knows them, else counted."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.sent import a_note, a_renote, a_reply, a_user

BOB = a_user(id="bob1", username="bob")
FAR = a_user(id="far1", username="juno", host="far.example")


def direct(*recipients: str, **changes: Any) -> dict[str, Any]:
    """A direct note of momo's to these people."""
    return a_note(visibility="specified", visibleUserIds=list(recipients), **changes)


def audience(page: Page, note_id: str) -> str:
    """What the note says of its recipients."""
    (article,) = [one for one in page.all("article") if one.get("id") == f"note-{note_id}"]
    (words,) = [
        "".join(one.itertext()) for one in article.iter("span") if one.get("class") == "circle"
    ]
    return " ".join(words.split())


def at_home(alice: Browser, sandbox: Sandbox, note: dict[str, Any]) -> str:
    sandbox.misbehave("notes/timeline", "answer", body=[note])
    return audience(alice.get("/"), note["id"])


@pytest.mark.parametrize(
    ("recipients", "words"),
    [
        (["x1"], "Direct · 1 person"),
        (["x1", "x2"], "Direct · 2 people"),
        (["me"], "Direct · you"),
        (["me", "x1"], "Direct · you and 1 other"),
        (["x1", "me", "x2", "x1"], "Direct · you and 2 others"),
        (["user1"], "Direct"),
        # The author reads it anyway.
        (["user1", "me"], "Direct · you"),
    ],
)
def test_the_reader_is_told_and_strangers_are_counted(
    alice: Browser, sandbox: Sandbox, recipients: list[str], words: str
) -> None:
    me = sandbox.person("alice").id
    named = [me if one == "me" else one for one in recipients]
    sandbox.clear_calls()
    assert at_home(alice, sandbox, direct(*named)) == words
    assert [call.endpoint for call in sandbox.calls] == ["notes/timeline"]


def test_who_stands_beside_the_note_is_named(alice: Browser, sandbox: Sandbox) -> None:
    reply = a_reply(a_note(user=BOB), visibility="specified", visibleUserIds=["bob1", "x1"])
    assert at_home(alice, sandbox, reply) == "Direct · @bob and 1 other"
    quote = a_renote(a_note(user=FAR), text="look", visibility="specified", visibleUserIds=["far1"])
    sandbox.misbehave("notes/timeline", "answer", body=[quote])
    assert "Direct · @juno@far.example" in alice.get("/").text


def test_a_hidden_list_is_not_invented(alice: Browser, sandbox: Sandbox) -> None:
    assert at_home(alice, sandbox, a_note(visibility="specified")) == "Direct"
    assert at_home(alice, sandbox, direct()) == "Direct"


def test_in_japanese(alice: Browser, sandbox: Sandbox) -> None:
    alice.headers["Accept-Language"] = "ja"
    me = sandbox.person("alice").id
    assert at_home(alice, sandbox, direct(me, "x1")).endswith("あなた、ほか1人")


def on_its_page(alice: Browser, sandbox: Sandbox, note: dict[str, Any]) -> str:
    sandbox.misbehave("notes/show", "answer", body=note)
    sandbox.clear_calls()
    return audience(alice.get(f"/notes/{note['id']}"), note["id"])


def test_its_own_page_asks_once_for_those_it_cannot_name(alice: Browser, sandbox: Sandbox) -> None:
    me, bob, carol = (sandbox.person(name).id for name in ("alice", "bob", "carol"))
    assert on_its_page(alice, sandbox, direct(bob, me, carol)) == "Direct · @bob, you, and @carol"
    (call,) = sandbox.calls_of("users/show")
    assert call.body["userIds"] == sorted([bob, carol])


def test_nobody_is_asked_for_who_is_known(alice: Browser, sandbox: Sandbox) -> None:
    me = sandbox.person("alice").id
    assert on_its_page(alice, sandbox, direct(me)) == "Direct · you"
    assert sandbox.calls_of("users/show") == []
    assert on_its_page(alice, sandbox, a_note(visibility="followers")) == "Followers"
    assert sandbox.calls_of("users/show") == []


@pytest.mark.parametrize("how", ["internal-error", "garbage", "html", "lost"])
def test_a_server_that_cannot_say_leaves_a_count(
    alice: Browser, sandbox: Sandbox, how: str
) -> None:
    sandbox.misbehave("users/show", how)
    assert on_its_page(alice, sandbox, direct("x1", "x2")) == "Direct · 2 people"


def test_a_list_without_end_is_asked_for_in_part(alice: Browser, sandbox: Sandbox) -> None:
    words = on_its_page(alice, sandbox, direct(*(f"x{n}" for n in range(5000))))
    assert words == "Direct · 5000 people"
    (call,) = sandbox.calls_of("users/show")
    assert len(call.body["userIds"]) == 100
