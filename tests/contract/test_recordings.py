"""Each recorded answer, asked for again: status, headers, error, keys."""

from __future__ import annotations

import pytest

from sandbox.endpoints import TABLE

from .replays import NOT_REPLAYED, REPLAYS
from .server import Server
from .truth import differences, held_to, recordings

ALL = {recording.name: recording for recording in recordings()}


@pytest.mark.parametrize("name", sorted(REPLAYS))
def test_answer_is_as_recorded(server: Server, name: str) -> None:
    held_to(ALL[name], server.replayed(name))


def test_every_recording_of_an_endpoint_we_have_is_covered() -> None:
    ours = {r.name for r in ALL.values() if r.endpoint in TABLE}
    uncovered = ours - REPLAYS.keys() - NOT_REPLAYED.keys()
    assert uncovered == set(), "replay these in replays.py, or say there why not"


def test_the_table_of_replays_names_recordings_that_exist() -> None:
    assert (REPLAYS.keys() | NOT_REPLAYED.keys()) <= ALL.keys()


def test_comparison_would_notice() -> None:
    """The measure itself: a missing key, an extra key, another type."""
    note = {"id": "1", "userId": "2", "visibility": "public", "files": [{"md5": "x", "size": 1}]}
    assert differences(note, note) == []
    assert differences(note, {**note, "tags": ["optional"]}) == []
    assert differences(note, {**note, "surprise": 1}) == ["$.surprise: not in the recording"]
    assert differences(note, {**note, "files": [{"md5": "x"}]}) == ["$.files[0].size: missing"]
    assert differences(note, {**note, "id": 1}) == ["$.id: number instead of text"]
    assert differences(note, {"id": "1", "userId": "2", "files": []}) == ["$.visibility: missing"]
