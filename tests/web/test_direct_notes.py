"""Direct notes reach the people they name: the server does not see to that by itself."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.browsing import Browser


def visible_user_ids(sandbox: Sandbox) -> list[str]:
    (created,) = sandbox.calls_of("notes/create")
    return created.body["visibleUserIds"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@bob a word with you", ["bob"]),
        ("@bob and @carol, and @bob again", ["bob", "carol"]),
        ("(@bob) @carol.", ["bob", "carol"]),
        ("mail bob@carol.example or see https://far.example/@dave", []),
        ("a note to myself", []),
    ],
)
def test_the_people_named_are_its_readers(
    alice: Browser, sandbox: Sandbox, text: str, named: list[str]
) -> None:
    alice.get("/compose")
    alice.submit("/compose", text=text, visibility="specified")
    assert visible_user_ids(sandbox) == [sandbox.person(name).id for name in named]


def test_people_of_other_servers_are_named_with_theirs(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    alice.submit("/compose", text="@juno@far.example psst", visibility="specified")
    assert visible_user_ids(sandbox) == [sandbox.person("juno", "far.example").id]


def test_the_person_reads_it(alice: Browser, new_browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    alice.submit("/compose", text="@bob only you", visibility="specified")
    (created,) = [n for n in sandbox.world.notes.values() if n.text == "@bob only you"]
    bob, carol = new_browser(), new_browser()
    bob.sign_in("bob")
    carol.sign_in("carol")
    assert "only you" in bob.get(f"/notes/{created.id}").text
    assert "only you" not in carol.get(f"/notes/{created.id}").text


def test_a_name_that_is_nobodys_posts_nothing_and_loses_nothing(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", text="@nobody hello", visibility="specified")
    assert page.status == 400
    assert "Somebody you mention is not there" in page.text
    assert page.form("/compose").fields["text"] == "@nobody hello"
    assert page.form("/compose").fields["visibility"] == "specified"
    assert sandbox.calls_of("notes/create") == []


def test_a_server_that_fails_to_look_them_up_posts_nothing(
    alice: Browser, sandbox: Sandbox
) -> None:
    sandbox.misbehave("users/show", "lost")
    alice.get("/compose")
    page = alice.submit("/compose", text="@bob hello", visibility="specified")
    assert page.status == 504
    assert "posted" not in page.text
    assert page.form("/compose").fields["text"] == "@bob hello"
    assert sandbox.calls_of("notes/create") == []


def test_a_revoked_app_while_looking_them_up_keeps_the_text(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/compose")
    sandbox.revoke("alice")
    page = alice.submit("/compose", text="@bob hello", visibility="specified")
    assert page.status == 401
    assert "@bob hello" in page.html
    assert sandbox.calls_of("notes/create") == []


def test_other_notes_look_nobody_up(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    alice.submit("/compose", text="@bob hello all")
    assert sandbox.calls_of("users/show") == []
    assert "visibleUserIds" not in sandbox.calls_of("notes/create")[0].body
