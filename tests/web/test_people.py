"""Where mentions and hashtags lead."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.browsing import Browser


def test_a_person_and_what_they_wrote(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/@bob")
    assert page.status == 200
    assert "@bob" in page.text
    assert page.note_ids()
    assert {call.endpoint for call in sandbox.calls} == {"users/show", "users/notes"}


def test_people_of_other_servers(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/@juno@far.example")
    assert "@juno@far.example" in page.text
    assert sandbox.calls_of("users/show")[0].body["host"] == "far.example"


def test_older_notes_by_id(alice: Browser, sandbox: Sandbox) -> None:
    first = alice.get("/@alice/replies")
    older = next(link for link in first.links() if "?until=" in link)
    second = alice.get(older)
    assert second.note_ids()
    assert not set(first.note_ids()) & set(second.note_ids())


def test_nobody_of_that_name(alice: Browser) -> None:
    assert alice.get("/@nobody").status == 404


@pytest.mark.parametrize("path", ["/@", "/@a b", "/@@host", "/@bob@a/b", "/@" + "x" * 129])
def test_what_can_be_no_name_makes_no_call(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.get(path).status == 404
    assert sandbox.calls == []


def test_a_hashtag(alice: Browser, sandbox: Sandbox) -> None:
    notes = [sandbox.world.notes[note_id] for note_id in alice.get("/").note_ids()]
    assert notes
    sandbox.clear_calls()
    sandbox.misbehave("notes/search-by-tag", "answer", body=[])
    page = alice.get("/tags/天気")
    assert "#天気" in page.text
    assert "There are no notes here." in page.text
    assert sandbox.calls[0].body["tag"] == "天気"


def test_mentions_and_hashtags_lead_here(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", text="@bob @juno@far.example #縁側")
    links = page.links()
    assert "/@bob" in links
    assert "/@juno@far.example" in links
    assert "/tags/%E7%B8%81%E5%81%B4" in links
