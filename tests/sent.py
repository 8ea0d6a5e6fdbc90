"""What a server sends: people and notes as JSON, plain unless a test says otherwise."""

from __future__ import annotations

import itertools
from typing import Any

Json = dict[str, Any]

_counter = itertools.count(1)


def a_user(**changes: Any) -> Json:
    """A person as they stand beside a note."""
    user = {
        "id": "user1",
        "username": "momo",
        "name": "Momo",
        "host": None,
        "avatarUrl": "https://pictures.example/momo.png",
    }
    return user | changes


def a_file(**changes: Any) -> Json:
    """A picture on a note."""
    file = {
        "id": "file1",
        "name": "garden.png",
        "type": "image/png",
        "size": 20480,
        "url": "https://pictures.example/garden.png",
        "thumbnailUrl": "https://pictures.example/garden-small.png",
        "comment": None,
        "isSensitive": False,
    }
    return file | changes


def a_note(**changes: Any) -> Json:
    """A note; every one has an id of its own."""
    note = {
        "id": f"note{next(_counter):06}",
        "createdAt": "2026-01-02T03:04:05.678Z",
        "userId": "user1",
        "user": a_user(),
        "text": "The kettle is on.",
        "cw": None,
        "visibility": "public",
        "localOnly": False,
        "renoteCount": 0,
        "repliesCount": 0,
        "reactions": {},
        "fileIds": [],
        "files": [],
        "replyId": None,
        "renoteId": None,
    }
    return note | changes


def a_reply(target: Json | None, **changes: Any) -> Json:
    """A note that answers `target` (None: what it answered is gone)."""
    given = {"replyId": target["id"] if target else "goneaway", "reply": target}
    return a_note(**(given | changes))


def a_renote(target: Json | None, **changes: Any) -> Json:
    """A note that passes `target` on, without a word of its own; with text, a quote."""
    given = {"text": None, "renoteId": target["id"] if target else "goneaway", "renote": target}
    return a_note(**(given | changes))
