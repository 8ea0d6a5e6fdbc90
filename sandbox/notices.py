"""What people are told: their notifications.

What a note or a reaction tells is read off the notes themselves; the rest (who
follows, roles, achievements …) lies in `World.told`. So what was deleted is gone
from here too, as on the real server.
"""

from __future__ import annotations

from collections.abc import Iterator

from .ids import moment_of
from .records import Note, Notification, Person
from .world import Event, World

V11_TYPES = (
    "follow",
    "mention",
    "reply",
    "renote",
    "quote",
    "reaction",
    "pollVote",
    "receiveFollowRequest",
)
V12_TYPES = (*V11_TYPES, "pollEnded", "followRequestAccepted", "groupInvited", "app")
TYPES = (
    "note",
    "follow",
    "mention",
    "reply",
    "renote",
    "quote",
    "reaction",
    "pollEnded",
    "scheduledNotePosted",
    "scheduledNotePostFailed",
    "receiveFollowRequest",
    "followRequestAccepted",
    "roleAssigned",
    "chatRoomInvitationReceived",
    "achievementEarned",
    "exportCompleted",
    "login",
    "createToken",
    "app",
    "test",
    "pollVote",
    "groupInvited",
)
"""What may be asked for in 2025.11, the last two for old times' sake."""


def known_types(world: World) -> tuple[str, ...]:
    """The types a server of that age tells of."""
    if world.age.v11:
        return V11_TYPES
    return V12_TYPES if world.age.old else TYPES


def notifications(world: World, me: Person) -> list[Notification]:
    """All that `me` was told, the newest first."""
    types = known_types(world)
    found = [told for told in _all(world, me) if told.type in types]
    return sorted(found, key=lambda told: told.id, reverse=True)


def unread(world: World, me: Person) -> int:
    """How many of them are new to `me`; the server counts to a hundred."""
    read = world.read_until.get(me.id, "")
    return min(100, sum(told.id > read for told in notifications(world, me)))


def mark_read(world: World, me: Person) -> None:
    """Everything so far was seen."""
    newest = next(iter(notifications(world, me)), None)
    if newest is not None:
        world.read_until[me.id] = newest.id
        world.happened(Event("read", person=me))


def told_by(world: World, note: Note, me: Person) -> Notification | None:
    """What a note that was just written tells `me`, if anything."""
    type = None if note.user_id == me.id else _type_of(world, note, me)
    if type is None or not world.is_visible(note, me) or world.is_hidden_by_mutes(note, me):
        return None
    return Notification(note.id, note.created, type, note.user_id, note.id)


def _all(world: World, me: Person) -> Iterator[Notification]:
    yield from world.told.get(me.id, [])
    for note in world.notes.values():
        if note.user_id == me.id:
            yield from _reactions(world, note)
            continue
        told = told_by(world, note, me)
        if told is not None:
            yield told


def _type_of(world: World, note: Note, me: Person) -> str | None:
    """Why the note concerns `me`: one reason, the nearest."""
    if (me.id, note.thread_id or note.id) in world.muted_threads:
        return None
    target = world.notes.get(note.renote_id or "")
    if note.reply_user_id == me.id:
        return "reply"
    if target is not None and target.user_id == me.id:
        return "quote" if note.has_content else "renote"
    return "mention" if me.id in note.mentions or me.id in note.visible_user_ids else None


def _reactions(world: World, note: Note) -> Iterator[Notification]:
    for who in note.reactions:
        if (note.user_id, who) not in world.muting:
            yield reacted(world, note, who)


def reacted(world: World, note: Note, who: str) -> Notification:
    """What the reaction of the person with that id tells the note's author."""
    id, reaction = world.reaction_id(note, who), note.reactions[who]
    # Ours are `:name:` here, where counts say `:name@.:`.
    more: dict[str, object] = {"reaction": reaction.replace("@.:", ":")}
    return Notification(id, moment_of(id), "reaction", who, note.id, more)
