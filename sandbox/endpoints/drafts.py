"""Notes that were begun and are kept at the server (2025.7 and newer)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import ID, NULLABLE_ID, PAGING, Schema, flag, obj
from ..records import NoteDraft
from .paging import page
from .table import HOUR, Call, endpoint
from .writing import CHOICE, CREATE, NULLABLE_INTEGER, channel_of, own_files, renote_of, reply_of

MOST_DRAFTS = 10
"""The `noteDraftLimit` of a server nobody has set up otherwise (FACTS)."""
MOST_SCHEDULED = 1
"""The `scheduledNoteLimit` of such a server."""

_OF_NOTE = CREATE["properties"]
_WITHOUT_DEFAULT = {
    name: {key: said for key, said in _OF_NOTE[name].items() if key != "default"}
    for name in ("visibility", "localOnly", "reactionAcceptance")
}
_HELD: dict[str, Schema] = {
    "visibleUserIds": _OF_NOTE["visibleUserIds"],
    "cw": _OF_NOTE["cw"],
    "hashtag": {"type": "string", "nullable": True, "maxLength": 200},
    "replyId": NULLABLE_ID,
    "renoteId": NULLABLE_ID,
    "channelId": NULLABLE_ID,
    "text": {**_OF_NOTE["text"], "minLength": 0},
    "fileIds": {**_OF_NOTE["fileIds"], "minItems": 0},
    "poll": {
        "type": "object",
        "nullable": True,
        "properties": {
            "choices": {
                "type": "array",
                "uniqueItems": True,
                "minItems": 0,
                "maxItems": 10,
                "items": CHOICE,
            },
            "multiple": {"type": "boolean"},
            "expiresAt": NULLABLE_INTEGER,
            "expiredAfter": {**NULLABLE_INTEGER, "minimum": 1},
        },
        "required": ["choices"],
    },
    "scheduledAt": NULLABLE_INTEGER,
}
MAKE = obj(
    {
        **_HELD,
        **{name: _OF_NOTE[name] for name in _WITHOUT_DEFAULT},
        "isActuallyScheduled": flag(False),
    }
)
CHANGE = obj(
    {**_HELD, **_WITHOUT_DEFAULT, "draftId": ID, "isActuallyScheduled": {"type": "boolean"}},
    ["draftId"],
)


@endpoint(
    "notes/drafts/list",
    obj(
        {
            **PAGING,
            "limit": {**PAGING["limit"], "default": 30},
            "scheduled": {"type": "boolean", "nullable": True},
        }
    ),
    kind="read:account",
)
def all_drafts(call: Call) -> Any:
    """One's own, the newest first; with `scheduled` only those that will be posted, or not."""
    wanted = call.params.get("scheduled")
    found = [one for one in _mine(call) if wanted in (None, one.is_scheduled)]
    return [call.show.note_draft(one) for one in page(call.params, found, lambda one: one.id)]


@endpoint("notes/drafts/count", kind="read:account")
def count(call: Call) -> Any:
    """How many there are."""
    return len(_mine(call))


@endpoint("notes/drafts/create", MAKE, kind="write:account", limit=Limit(300, HOUR))
def create(call: Call) -> Any:
    """Keep one more."""
    if len(_mine(call)) >= MOST_DRAFTS:
        raise ApiError(
            "TOO_MANY_DRAFTS",
            "You cannot create drafts any more.",
            "9ee33bbe-fde3-4c71-9b51-e50492c6b9c8",
        )
    _leave_room(call)
    _look_at(call)
    now = call.world.clock.now()
    made = NoteDraft(call.world.ids.at(now), now, call.me.id, dict(call.params))
    call.world.note_drafts[made.id] = made
    return {"createdDraft": call.show.note_draft(made)}


@endpoint("notes/drafts/update", CHANGE, kind="write:account", limit=Limit(300, HOUR))
def update(call: Call) -> Any:
    """Change what was named of one; what was not stays as it is."""
    draft = _own(call)
    _look_at(replace(call, params={"visibility": draft.holds["visibility"], **call.params}))
    draft.holds |= {name: value for name, value in call.params.items() if name != "draftId"}
    return {"updatedDraft": call.show.note_draft(draft)}


@endpoint("notes/drafts/delete", obj({"draftId": ID}, ["draftId"]), kind="write:account")
def delete(call: Call) -> Any:
    """Throw one away."""
    del call.world.note_drafts[_own(call).id]


def _leave_room(call: Call) -> None:
    """Only so many of one's drafts may be posted by the server itself
    (notes-drafts-create-scheduled-too-many.json)."""
    scheduled = sum(one.is_scheduled for one in _mine(call))
    if call.params.get("isActuallyScheduled") and scheduled >= MOST_SCHEDULED:
        raise ApiError(
            "TOO_MANY_SCHEDULED_NOTES",
            "You cannot create scheduled notes any more.",
            "22ae69eb-09e3-4541-a850-773cfa45e693",
        )


def _mine(call: Call) -> list[NoteDraft]:
    return [one for one in call.world.note_drafts.values() if one.user_id == call.me.id]


def _own(call: Call) -> NoteDraft:
    draft = call.world.note_drafts.get(call.params["draftId"])
    if draft is None or draft.user_id != call.me.id:
        raise ApiError(
            "NO_SUCH_NOTE_DRAFT", "No such note draft.", "49cd6b9d-848e-41ee-b0b9-adaca711a6b1"
        )
    return draft


def _look_at(call: Call) -> None:
    """Raises where what a draft names is not there, as it is with a note."""
    if len(own_files(call)) != len(call.params.get("fileIds") or []):
        raise ApiError(
            "NO_SUCH_FILE", "Some files are not found.", "b6992544-63e7-67f0-fa7f-32444b1b5306"
        )
    renote_of(call)
    reply_of(call)
    channel_of(call)
