"""Lists of notes that one pages through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from ..errors import ApiError
from ..params import ID, PAGING, STRING, flag, obj
from ..records import Note
from .paging import window
from .table import Call, endpoint

ALLOW_PARTIAL = {"allowPartial": flag(False)}


def page(call: Call, belongs: Callable[[Note], bool]) -> list[dict[str, Any]]:
    """The asked-for page of the notes that belong (see `paging.py` for the order)."""
    found: Iterable[Note] = filter(belongs, call.world.between(*window(call.params)))
    return call.show.notes(list(islice(found, int(call.params["limit"]))))


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


@endpoint("notes/renotes", obj({"noteId": ID, **PAGING}, ["noteId"]))
def renotes(call: Call) -> Any:
    """Who shared a note, quotes too (notes-renotes.json)."""
    target = call.note("12908022-2e21-46cd-ba6a-3edaf6093f46")
    world = call.world

    def belongs(note: Note) -> bool:
        hidden = call.person is not None and world.is_hidden_by_mutes(note, call.person)
        return note.renote_id == target.id and world.is_visible(note, call.person) and not hidden

    return page(call, belongs)


@endpoint(
    "notes/mentions",
    obj({"following": flag(False), **PAGING, "visibility": STRING}),
    kind="read:account",
)
def mentions(call: Call) -> Any:
    """Notes that name `me`, or are for `me` alone (notes-mentions.json)."""
    me, world, params = call.me, call.world, call.params

    def belongs(note: Note) -> bool:
        return bool(
            (me.id in note.mentions or me.id in note.visible_user_ids)
            and note.user_id != me.id
            and world.is_visible(note, me)
            and not world.is_hidden_by_mutes(note, me)
            and (me.id, note.thread_id or note.id) not in world.muted_threads
            and params.get("visibility") in {None, note.visibility}
            and (not params["following"] or (me.id, note.user_id) in world.following)
        )

    return page(call, belongs)


@endpoint("channels/timeline", obj({"channelId": ID, **PAGING, **ALLOW_PARTIAL}, ["channelId"]))
def channel_timeline(call: Call) -> Any:
    """The notes of a channel (channels-timeline.json)."""
    channel = call.channel("4d0eeeba-a02c-4c3c-9966-ef60d38d2e7f")
    world = call.world

    def belongs(note: Note) -> bool:
        hidden = call.person is not None and world.is_hidden_by_mutes(note, call.person)
        return note.channel_id == channel.id and not hidden

    return page(call, belongs)
