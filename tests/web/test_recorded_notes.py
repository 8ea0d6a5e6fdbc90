"""Every note in the recorded answers of real servers, of three ages, is shown whole: on
home, on its own page, in a fragment, and where one does something to it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Sandbox
from tests.browsing import Browser
from tests.sent import Json
from tests.unit.recorded import FOLDERS, objects, recordings
from tests.web.test_actions import fields_of
from tests.web.test_fragments import send

PAGES = ["/more", "/react", "/reactions", "/renotes", "/clip", "/translate", "/report"]


def recorded_notes(version: str) -> list[Json]:
    """Every different note, wherever it stood."""
    found: dict[str, Json] = {}
    for recording in recordings(version):
        for item in objects(recording.response):
            if isinstance(item.get("user"), dict) and {"createdAt", "visibility"} <= item.keys():
                found[repr(item)] = item
    return list(found.values())


@pytest.fixture(params=sorted(FOLDERS))
def notes(request: pytest.FixtureRequest) -> list[Json]:
    """The notes of one age."""
    found = recorded_notes(request.param)
    assert len(found) > 60
    return found


def words_of(note: Json) -> set[str]:
    """What must be on the page somewhere: the people and files of the note."""
    shown = note
    if note.get("renote") and not (note.get("text") or note.get("files") or note.get("poll")):
        shown = note["renote"]
    polled = (shown.get("poll") or {}).get("choices") or []
    return {f"@{shown['user']['username']}", *(choice["text"] for choice in polled)}


def test_home_shows_them_all(alice: Browser, sandbox: Sandbox, notes: list[Json]) -> None:
    sandbox.misbehave("notes/timeline", "answer", body=notes)
    page = alice.get("/")
    assert page.status == 200
    assert "could not be read" not in page.text
    assert page.note_ids() == [note["id"] for note in notes]
    for note, article in zip(notes, page.all("article"), strict=True):
        text = "".join(article.itertext())
        assert [word for word in words_of(note) if word not in text] == [], note["id"]


def test_a_conversation_shows_them_all(alice: Browser, sandbox: Sandbox, notes: list[Json]) -> None:
    whole: Any = {**notes[0], "replyId": "abc", "repliesCount": len(notes)}
    sandbox.misbehave("notes/show", "answer", body=whole)
    sandbox.misbehave("notes/conversation", "answer", body=notes)
    sandbox.misbehave("notes/children", "answer", body=notes)
    page = alice.get(f"/notes/{whole['id']}")
    assert page.status == 200
    assert len(page.note_ids()) == 2 * len(notes) + 1


def test_fragments_show_each(alice: Browser, sandbox: Sandbox, notes: list[Json]) -> None:
    fields = fields_of(alice.get("/"))
    sandbox.misbehave("notes/favorites/create", "no-content")
    for note in notes:
        sandbox.misbehave("notes/show", "answer", body=note)
        answer = send(alice, f"/notes/{note['id']}/favourite", fields)
        assert answer.status == 200
        assert answer.note_ids() == [note["id"]]


@pytest.mark.parametrize("page", PAGES)
def test_pages_about_a_note_take_any(
    alice: Browser, sandbox: Sandbox, notes: list[Json], page: str
) -> None:
    # The sandbox knows none of these notes, so the rest is said for it.
    sandbox.misbehave("notes/state", "answer", body={"isFavorited": False, "isMutedThread": False})
    sandbox.misbehave("notes/reactions", "answer", body=[])
    sandbox.misbehave("notes/renotes", "answer", body=notes)
    sandbox.misbehave("notes/translate", "answer", body={"text": "Tea", "sourceLang": "ja"})
    for note in notes[::6]:
        sandbox.misbehave("notes/show", "answer", body=note)
        shown = alice.get(f"/notes/{note['id']}{page}")
        assert shown.status == 200, note["id"]
        assert shown.title
