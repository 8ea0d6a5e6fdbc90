"""Looking for notes, by words and hashtags, and for things by their address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ..errors import ApiError
from ..limits import Limit
from ..params import NULLABLE_ID, PAGING, STRING, flag, obj
from ..records import Note
from .table import HOUR, Call, endpoint
from .timelines import page

NULLABLE_FLAG = {"type": "boolean", "nullable": True, "default": None}
TAG = {"type": "string", "minLength": 1}


@endpoint(
    "notes/search",
    obj(
        {
            "query": STRING,
            **PAGING,
            "offset": {"type": "integer", "default": 0},
            "host": STRING,
            "userId": {**NULLABLE_ID, "default": None},
            "channelId": {**NULLABLE_ID, "default": None},
        },
        ["query"],
    ),
)
def search(call: Call) -> Any:
    """Notes that hold all of the words, where the person may look for them."""
    if not call.world.settings.can_search_notes:
        raise _unavailable(call)
    words = call.params["query"].lower().split()

    def belongs(note: Note) -> bool:
        said = f"{note.text or ''} {note.cw or ''}".lower()
        return (
            bool(words)
            and all(word in said for word in words)
            and note.visibility in {"public", "home"}
            and note.user_id == (call.params.get("userId") or note.user_id)
        )

    return page(call, belongs)


def _unavailable(call: Call) -> ApiError:
    if call.world.age.v11:
        return ApiError(
            "SEARCHING_NOT_AVAILABLE",
            "Searching not available.",
            "7ee9c119-16a1-479f-a6fd-6fab00ed946f",
        )
    return ApiError(
        "UNAVAILABLE", "Search of notes unavailable.", "0b44998d-77aa-4427-80d0-d2c9b8523011"
    )


@endpoint(
    "notes/search-by-tag",
    {
        "allOf": [
            {
                "anyOf": [
                    obj({"tag": TAG}, ["tag"]),
                    obj(
                        {
                            "query": {
                                "type": "array",
                                "items": {"type": "array", "items": TAG, "minItems": 1},
                                "minItems": 1,
                            }
                        },
                        ["query"],
                    ),
                ]
            },
            obj(
                {
                    "reply": NULLABLE_FLAG,
                    "renote": NULLABLE_FLAG,
                    "withFiles": flag(False),
                    "poll": NULLABLE_FLAG,
                    **PAGING,
                }
            ),
        ]
    },
)
def search_by_tag(call: Call) -> Any:
    """Notes with a hashtag, or with all of one row of hashtags."""
    call.params = {"limit": 10, "withFiles": False, **call.params}
    tag = call.params.get("tag")
    rows = [[tag]] if tag else call.params["query"]

    def belongs(note: Note) -> bool:
        tagged = any(all(tag.lower() in note.tags for tag in row) for row in rows)
        public = note.visibility in {"public", "home"}
        return tagged and public and (bool(note.file_ids) or not call.params["withFiles"])

    return page(call, belongs)


@endpoint("ap/show", obj({"uri": STRING}, ["uri"]), kind="read:account", limit=Limit(30, HOUR))
def ap_show(call: Call) -> Any:
    """The note or person at an address, ours or another server's (ap-show.json)."""
    uri, world = call.params["uri"], call.world
    for note in world.notes.values():
        if uri in {note.uri, f"{world.origin}/notes/{note.id}"}:
            return {"type": "Note", "object": call.show.note(note)}
    parts = urlsplit(uri)
    host = None if uri.startswith(f"{world.origin}/") else parts.netloc
    for person in world.people.values():
        ways = {f"/@{person.username}", f"/users/{person.id}"}
        if parts.path in ways and person.host == host:
            return {"type": "User", "object": call.show.user_detailed(person)}
    raise ApiError("NO_SUCH_OBJECT", "No such object.", "dc94d745-1262-4e63-a17d-fecaa57efc82")
