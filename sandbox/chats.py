"""What people write to each other: rules of the chat, since 2025.4.

Who may write to whom, what is new to whom, and who is in a room. The recordings are few,
so the public source of the server was read. Much of what it refuses has no error of its
own there: it fails inside, and says why in `info.e.message` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .errors import failed_inside
from .records import ChatMessage, ChatRoom, File, Person
from .world import Event, World

MOST_MEMBERS = 50
MOST_REACTIONS = 100
_CUSTOM = re.compile(r":([\w+-]+)(?:@\.)?:")


@dataclass(frozen=True)
class ChatTold:
    """What happened to a message, as it is told at once to those who listen."""

    kind: Literal["message", "deleted", "react", "unreact"]
    message: ChatMessage
    by: Person | None = None
    reaction: str = ""


def scope_of(person: Person) -> str:
    """From whom a person takes messages, as they set it."""
    return str(person.chosen.get("chatScope", "mutual"))


# Messages -----------------------------------------------------------------


def write_to_person(
    world: World,
    sender: Person,
    other: Person,
    text: str | None,
    file: File | None = None,
    at: float | None = None,
) -> ChatMessage:
    """A new message; raises as the server does where the other does not take it."""
    if (other.id, sender.id) not in world.chat_approvals:
        _refuse_strangers(world, sender, other)
    if (other.id, sender.id) in world.blocking:
        raise failed_inside("blocked")
    message = _add(world, ChatMessage("", 0, sender.id, other.id, None, text, None), file, at)
    # Whoever writes lets the other answer.
    world.chat_approvals.add((sender.id, other.id))
    _is_new_to(world, other.id, f"user:{sender.id}")
    world.happened(Event("chat", person=sender, more=ChatTold("message", message)))
    return message


def _refuse_strangers(world: World, sender: Person, other: Person) -> None:
    scope = scope_of(other)
    follows, followed = world.follows(sender, other), world.follows(other, sender)
    takes = {
        "none": False,
        "followers": follows,
        "following": followed,
        "mutual": follows and followed,
    }
    if not takes.get(scope, True):
        raise failed_inside(f"recipient is cannot chat ({scope})")


def write_to_room(
    world: World,
    sender: Person,
    room: ChatRoom,
    text: str | None,
    file: File | None = None,
    at: float | None = None,
) -> ChatMessage:
    """A new message to all who are in the room."""
    if not is_in(room, sender.id):
        raise failed_inside("you are not a member of the room")
    message = _add(world, ChatMessage("", 0, sender.id, None, room.id, text, None), file, at)
    for who in (room.owner_id, *room.members):
        if who != sender.id and not room.members.get(who, False):
            _is_new_to(world, who, f"room:{room.id}")
    world.happened(Event("chat", person=sender, more=ChatTold("message", message)))
    return message


def _add(world: World, message: ChatMessage, file: File | None, at: float | None) -> ChatMessage:
    message.created = world.clock.now() if at is None else at
    message.id = world.ids.at(message.created)
    message.text = message.text.strip() if message.text else None
    message.file_id = file.id if file else None
    world.chat_messages[message.id] = message
    return message


def _is_new_to(world: World, person_id: str, conversation: str) -> None:
    world.chat_marks.add((person_id, conversation))
    world.chat_news.add((person_id, conversation))


def mark_read(world: World, person: Person, conversation: str) -> None:
    """The person has seen the conversation `user:ID` or `room:ID`."""
    world.chat_marks.discard((person.id, conversation))
    world.chat_news.discard((person.id, conversation))


def mark_all_read(world: World, person: Person) -> None:
    """Nothing is new to the person; but the server leaves the mark of each conversation,
    for it can't list them."""
    world.chat_news -= {news for news in world.chat_news if news[0] == person.id}


def delete(world: World, message: ChatMessage) -> None:
    """Take a message away."""
    del world.chat_messages[message.id]
    world.happened(Event("chat", more=ChatTold("deleted", message)))


def between(world: World, one: str, other: str) -> Iterator[ChatMessage]:
    """What two people wrote to each other."""
    for message in world.chat_messages.values():
        if (message.from_id, message.to_id) in {(one, other), (other, one)}:
            yield message


def in_room(world: World, room_id: str) -> Iterator[ChatMessage]:
    """What was written in a room."""
    return (m for m in world.chat_messages.values() if m.room_id == room_id)


# Reactions ----------------------------------------------------------------


def react(world: World, message: ChatMessage, person: Person, reaction: str) -> None:
    """Add a reaction, one of any number; not to one's own message."""
    kept = _kept(world, reaction, must_exist=True)
    if message.from_id == person.id:
        raise failed_inside("cannot react to own message")
    room = world.chat_rooms.get(message.room_id or "")
    if not (is_in(room, person.id) if room else message.to_id == person.id):
        raise failed_inside("cannot react to others message")
    if len(message.reactions) >= MOST_REACTIONS:
        raise failed_inside("too many reactions")
    message.reactions.append((person.id, kept))
    world.happened(Event("chat", more=ChatTold("react", message, person, kept)))


def unreact(world: World, message: ChatMessage, person: Person, reaction: str) -> None:
    """Take one's reactions of that kind away, if there are any."""
    kept = _kept(world, reaction, must_exist=False)
    message.reactions = [one for one in message.reactions if one != (person.id, kept)]
    world.happened(Event("chat", more=ChatTold("unreact", message, person, kept)))


def _kept(world: World, reaction: str, *, must_exist: bool) -> str:
    custom = _CUSTOM.fullmatch(reaction)
    if custom is None:
        shown = reaction if "\u200d" in reaction else reaction.replace("\ufe0f", "")
        if not shown or re.search(r"[\w\s:@]", shown):
            raise failed_inside("invalid emoji")
        return shown
    if must_exist and custom[1] not in world.emojis:
        raise failed_inside("no such emoji")
    return f":{custom[1]}:"


# Rooms --------------------------------------------------------------------


def make_room(
    world: World, owner: Person, name: str, description: str = "", at: float | None = None
) -> ChatRoom:
    """A new room with nobody but its owner."""
    moment = world.clock.now() if at is None else at
    room = ChatRoom(world.ids.at(moment), moment, owner.id, name, description)
    world.chat_rooms[room.id] = room
    return room


def is_in(room: ChatRoom, person_id: str) -> bool:
    """Whether somebody is in the room; its owner always is."""
    return person_id == room.owner_id or person_id in room.members


def rooms_of(world: World, person: Person) -> list[ChatRoom]:
    """The rooms somebody is in."""
    return [room for room in world.chat_rooms.values() if is_in(room, person.id)]


def invite(world: World, room: ChatRoom, person: Person, at: float | None = None) -> str:
    """Ask somebody into the room; the id of the invitation."""
    if person.id == room.owner_id:
        raise failed_inside("yourself")
    if is_in(room, person.id):
        raise failed_inside("already member")
    if person.id in room.invited:
        raise failed_inside("already invited")
    if len(room.members) >= MOST_MEMBERS:
        raise failed_inside("room is full")
    moment = world.clock.now() if at is None else at
    room.invited[person.id] = world.ids.at(moment)
    owner = world.people[room.owner_id]
    world.tell(person, "chatRoomInvitationReceived", owner, at=moment, invited=(room, person))
    return room.invited[person.id]


def join(world: World, room: ChatRoom, person: Person) -> None:
    """Take an invitation, an ignored one as well."""
    del room.invited[person.id]
    room.ignored.discard(person.id)
    room.members[person.id] = False


def leave(world: World, room: ChatRoom, person: Person) -> None:
    """Be in the room no longer."""
    del room.members[person.id]
    mark_read(world, person, f"room:{room.id}")


def delete_room(world: World, room: ChatRoom) -> None:
    """Take a room away, and what was written there."""
    del world.chat_rooms[room.id]
    for message in list(in_room(world, room.id)):
        del world.chat_messages[message.id]
    gone = f"room:{room.id}"
    world.chat_marks -= {mark for mark in world.chat_marks if mark[1] == gone}
    world.chat_news -= {news for news in world.chat_news if news[1] == gone}
