"""Reacting to notes."""

from __future__ import annotations

import re
from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import ID, PAGING, STRING, obj
from .paging import page
from .table import HOUR, Call, endpoint

OUR_OWN = re.compile(r"^:([\w+-]+)(?:@\.)?:$")


@endpoint(
    "notes/reactions/create",
    obj({"noteId": ID, "reaction": STRING}, ["noteId", "reaction"]),
    kind="write:reactions",
)
def create(call: Call) -> Any:
    """Set one's reaction; another one replaces it, the same one is refused."""
    note = call.note("033d0620-5bfe-4027-965d-980b0c85a3ea")
    if (note.user_id, call.me.id) in call.world.blocking:
        raise ApiError(
            "YOU_HAVE_BEEN_BLOCKED",
            "You cannot react this note because you have been blocked by this user.",
            "20ef5475-9f38-4e4c-bd33-de6d979498ec",
        )
    if not call.world.is_visible(note, call.me):
        raise LookupError("The real server has no error of its own for this: it fails inside.")
    if note.is_pure_renote:
        raise ApiError(
            "CANNOT_REACT_TO_RENOTE",
            "You cannot react to Renote.",
            "eaccdc08-ddef-43fe-908f-d108faad57f5",
        )
    call.world.react(note, call.me, call.params["reaction"])


@endpoint(
    "notes/reactions/delete",
    obj({"noteId": ID}, ["noteId"]),
    kind="write:reactions",
    limit=Limit(60, HOUR, min_interval=3),
)
def delete(call: Call) -> Any:
    """Take one's reaction back."""
    note = call.note("764d9fce-f9f2-4a0e-92b1-6ceac9a7ad37")
    if call.me.id not in note.reactions:
        raise ApiError(
            "NOT_REACTED",
            "You are not reacting to that note.",
            "92f4426d-4196-4125-aa5b-02943e2ec8fc",
        )
    call.world.unreact(note, call.me)


@endpoint(
    "notes/reactions",
    obj({"noteId": ID, "type": {"type": "string", "nullable": True}, **PAGING}, ["noteId"]),
    get=True,
)
def reactions(call: Call) -> Any:
    """Who reacted, the latest first (notes-reactions.json); none for an unknown note.

    `type` is one reaction; a custom one of this server may be written `:name:`
    or `:name@.:`.
    """
    note, world = call.world.notes.get(call.params["noteId"]), call.world
    if note is None:
        return []
    wanted = call.params.get("type")
    if wanted:
        wanted = OUR_OWN.sub(r":\1@.:", wanted)
    people = [id for id, given in note.reactions.items() if not wanted or given == wanted]
    shown = page(call.params, people, lambda id: world.reaction_id(note, id))
    return [call.show.reaction(note, world.people[id]) for id in shown]


@endpoint("users/reactions", obj({"userId": ID, **PAGING}, ["userId"]))
def reactions_of_person(call: Call) -> Any:
    """What somebody reacted to (users-reactions.json), unless they keep it to themselves."""
    world, who = call.world, call.world.people[call.params["userId"]]
    # What v12 shows of everybody is that they keep them to themselves.
    is_public = who.public_reactions and not world.age.old
    if not is_public and call.person is not who:
        raise ApiError(
            "REACTIONS_NOT_PUBLIC",
            "Reactions of the user is not public.",
            "673a7dd2-6924-1093-e0c0-e68456ceae5c",
        )
    given = [
        note
        for note in world.notes.values()
        if who.id in note.reactions and world.is_visible(note, call.person)
    ]
    shown = page(call.params, given, lambda note: world.reaction_id(note, who.id))
    return [{**call.show.reaction(note, who), "note": call.show.note(note)} for note in shown]
