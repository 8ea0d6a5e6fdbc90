"""Lists of notes that one pages through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from ..errors import ApiError
from ..ids import edge
from ..params import ID, PAGING, flag, obj
from ..records import Note
from .table import Call, endpoint

ALLOW_PARTIAL = {"allowPartial": flag(False)}


def page(call: Call, belongs: Callable[[Note], bool]) -> list[dict[str, Any]]:
    """The asked-for page of the notes that belong.

    `untilId` or nothing: newest first. `sinceId` alone: OLDEST first. Both:
    newest first. Dates do the same for who has no id (FACTS.md C.1).
    """
    params = call.params
    since, until = params.get("sinceId"), params.get("untilId")
    if since is None and until is None:
        since = _edge(params.get("sinceDate"))
        until = _edge(params.get("untilDate"))
    ascending = since is not None and until is None
    found: Iterable[Note] = filter(belongs, call.world.between(since, until, ascending))
    return call.show.notes(list(islice(found, int(params["limit"]))))


def _edge(milliseconds: float | None) -> str | None:
    return None if milliseconds is None else edge(milliseconds / 1000)


@endpoint(
    "notes/timeline",
    obj(
        {
            **PAGING,
            **ALLOW_PARTIAL,
            "includeMyRenotes": flag(True),
            "includeRenotedMyNotes": flag(True),
            "includeLocalRenotes": flag(True),
            "withFiles": flag(False),
            "withRenotes": flag(True),
        }
    ),
    kind="read:account",
)
def home_timeline(call: Call) -> Any:
    """The home timeline (notes-timeline.json)."""
    me, world, params = call.me, call.world, call.params

    def belongs(note: Note) -> bool:
        if not world.in_home_of(note, me):
            return False
        if params["withFiles"] and not note.file_ids:
            return False
        if not note.is_pure_renote:
            return True
        target = world.notes.get(note.renote_id or "")
        of_mine = target is not None and target.user_id == me.id
        of_local = target is not None and world.people[target.user_id].host is None
        return bool(
            params["withRenotes"]
            and (params["includeMyRenotes"] or note.user_id != me.id)
            and (params["includeRenotedMyNotes"] or not of_mine)
            and (params["includeLocalRenotes"] or not of_local)
        )

    return page(call, belongs)


@endpoint(
    "users/notes",
    obj(
        {
            "userId": ID,
            "withReplies": flag(False),
            "withRenotes": flag(True),
            "withChannelNotes": flag(False),
            **PAGING,
            **ALLOW_PARTIAL,
            "withFiles": flag(False),
        },
        ["userId"],
    ),
)
def user_notes(call: Call) -> Any:
    """One person's notes (users-notes.json). Replies to others only `withReplies`."""
    params, world = call.params, call.world
    if params["withReplies"] and params["withFiles"]:
        raise ApiError(
            "BOTH_WITH_REPLIES_AND_WITH_FILES",
            "Specifying both withReplies and withFiles is not supported",
            "91c8cb9f-36ed-46e7-9ca2-7df96ed6e222",
        )

    def belongs(note: Note) -> bool:
        return bool(
            note.user_id == params["userId"]
            and world.is_visible(note, call.person)
            and (params["withReplies"] or note.reply_user_id in {None, note.user_id})
            and (params["withRenotes"] or not note.is_pure_renote)
            and (params["withChannelNotes"] or note.channel_id is None)
            and (not params["withFiles"] or note.file_ids)
        )

    return page(call, belongs)


@endpoint("notes/children", obj({"noteId": ID, **PAGING}, ["noteId"]))
def children(call: Call) -> Any:
    """Replies to a note and quotes of it (notes-children.json); none for an unknown note."""
    target, world = call.params["noteId"], call.world

    def belongs(note: Note) -> bool:
        related = note.reply_id == target or (note.renote_id == target and note.has_content)
        return related and world.is_visible(note, call.person)

    return page(call, belongs)
