"""Chat, as servers have it since 2025.4: conversations with people and in rooms, and what
can be done there, each a row.

To open a conversation is to have read it: the server takes the call for that (seen in its
source), and has no other. So a conversation is asked for where a person looks at it, and
nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext

from app.mfm import parse, plain_text
from app.misskey import ApiError, Client, DriveFile, User
from app.misskey.entities.chat import ChatInvitation, ChatMembership, ChatMessage, ChatRoom
from app.misskey.entities.people import Profile
from app.models import Account, Server
from app.problems import Problem

LONGEST = 2000
LONGEST_NAME = 256
LONGEST_DESCRIPTION = 1024
LONGEST_SEARCH = 256
RECENT = 30
"""Conversations of each kind in the list of them, which has no second page."""
FOUND = 30
MOST = 100
"""Of rooms, members and invitations; a room takes fifty people."""


# The tables -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Talk:
    """A kind of conversation. `key` is the parameter that says with whom or where, `to_key`
    the same when something is sent, `channel_key` that of the streaming API's `channel`."""

    name: str
    timeline: str
    send: str
    key: str
    to_key: str
    channel: str
    channel_key: str


TALKS = {
    talk.name: talk
    for talk in (
        Talk(
            "people",
            "chat/messages/user-timeline",
            "chat/messages/create-to-user",
            "userId",
            "toUserId",
            "chatUser",
            "otherId",
        ),
        Talk(
            "rooms",
            "chat/messages/room-timeline",
            "chat/messages/create-to-room",
            "roomId",
            "toRoomId",
            "chatRoom",
            "roomId",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do to a message or a room, with nothing but its id and `params`."""

    name: str
    endpoint: str
    done: LazyString
    params: Mapping[str, Any] = field(default_factory=dict)


MESSAGE_DEEDS = {
    deed.name: deed
    for deed in (
        Deed("react", "chat/messages/react", lazy_gettext("You reacted.")),
        Deed("unreact", "chat/messages/unreact", lazy_gettext("Your reaction is taken back.")),
        Deed("delete", "chat/messages/delete", lazy_gettext("The message is deleted.")),
    )
}

ROOM_DEEDS = {
    deed.name: deed
    for deed in (
        Deed("join", "chat/rooms/join", lazy_gettext("You are in the room now.")),
        Deed(
            "ignore",
            "chat/rooms/invitations/ignore",
            lazy_gettext("The invitation is out of your sight. They are not told."),
        ),
        Deed(
            "mute",
            "chat/rooms/mute",
            lazy_gettext("You are not told of what is written there any more."),
            {"mute": True},
        ),
        Deed(
            "unmute",
            "chat/rooms/mute",
            lazy_gettext("You are told of what is written there."),
            {"mute": False},
        ),
        Deed("leave", "chat/rooms/leave", lazy_gettext("You have left the room.")),
        Deed("delete", "chat/rooms/delete", lazy_gettext("The room is deleted.")),
    )
}

QUESTIONS = {
    "leave": (
        lazy_gettext("Leave this room?"),
        lazy_gettext("What you wrote there stays. To come back you need another invitation."),
        lazy_gettext("Leave"),
    ),
    "delete": (
        lazy_gettext("Delete this room?"),
        lazy_gettext("Everything that was written there is gone then, for everybody."),
        lazy_gettext("Delete"),
    ),
}
"""What is asked before, what comes of it, and the button."""


def is_offered(account: Account, server: Server | None) -> bool:
    """Whether the server has chat and our app may read it. What is not known is taken to be
    there."""
    has_chat = server is None or "chat/history" in server.endpoints
    return has_chat and (account.permissions is None or "read:chat" in account.permissions)


def may_write(account: Account) -> bool:
    """Whether our app may do more there than read."""
    return account.permissions is None or "write:chat" in account.permissions


def can_begin(profile: Profile, account: Account, server: Server | None) -> bool:
    """Whether the account may write to somebody, as far as it is known before it is tried.
    Messages do not leave the server."""
    return (
        bool(profile.can_chat)
        and profile.host is None
        and profile.id != account.user_id
        and not profile.is_blocked
        and may_write(account)
        and is_offered(account, server)
    )


# What a server's refusals mean ------------------------------------------------------------

_NOT_IN = lazy_gettext("You are not in this room any more.")
_TAKES_NONE = lazy_gettext("This person does not take messages from you.")
_HAS_BLOCKED = lazy_gettext("This person has blocked you.")
_NO_CHAT = lazy_gettext("Your server does not let this account chat.")
_REFUSALS: Mapping[str, LazyString] = {
    "NO_SUCH_MESSAGE": lazy_gettext("This message is not there any more."),
    "NO_SUCH_ROOM": lazy_gettext("This room is not there any more, or not for you."),
    "NO_SUCH_USER": lazy_gettext("There is nobody of that name."),
    "NO_SUCH_FILE": lazy_gettext("The file is not in your drive any more. Take it off."),
    "RECIPIENT_IS_YOURSELF": lazy_gettext("That is you."),
    "YOU_HAVE_BEEN_BLOCKED": _HAS_BLOCKED,
    "ROLE_PERMISSION_DENIED": _NO_CHAT,
}
_INSIDE: tuple[tuple[str, LazyString], ...] = (
    ("recipient is cannot chat", _TAKES_NONE),
    ("blocked", _HAS_BLOCKED),
    ("you are not a member", _NOT_IN),
    ("cannot react to own message", lazy_gettext("You can't react to what you wrote yourself.")),
    ("cannot react to others message", lazy_gettext("You can't react to this message.")),
    ("too many reactions", lazy_gettext("This message can't take any more reactions.")),
    ("no such emoji", lazy_gettext("Your server has no such emoji.")),
    ("invalid emoji", lazy_gettext("Your server has no such emoji.")),
    ("yourself", lazy_gettext("That is you.")),
    ("already member", lazy_gettext("They are in the room already.")),
    ("already invited", lazy_gettext("They were invited before.")),
    ("room is full", lazy_gettext("The room is full.")),
    ("Could not find any entity", lazy_gettext("There is no such invitation any more.")),
    ("ROLE_PERMISSION_DENIED", _NO_CHAT),
)
"""The beginning of what a server says to itself where it has no error of its own, and fails
inside instead; nothing was done then."""


def refusal(error: Exception) -> LazyString | None:
    """A server's plain no in words; None for what is something else."""
    if not isinstance(error, ApiError):
        return None
    if error.code != "INTERNAL_ERROR":
        return _REFUSALS.get(error.code)
    told = error.info.get("e")
    said = str(told.get("message", "")) if isinstance(told, dict) else ""
    return next((words for beginning, words in _INSIDE if said.startswith(beginning)), None)


# Conversations ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """A reaction, and how often it was given."""

    reaction: str
    count: int
    is_mine: bool
    names: str


@dataclass(frozen=True, slots=True)
class Line:
    """A message as a page shows it."""

    message: ChatMessage
    sender: User
    is_mine: bool
    reactions: list[Given]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some messages of a conversation, the oldest first; `older` and `newer` are the ids to
    go on from, where there may be more."""

    lines: list[Line]
    unreadable: int = 0
    older: str | None = None
    newer: str | None = None


@dataclass(frozen=True, slots=True)
class Recent:
    """A conversation in the list of them: with whom or where, and its last message."""

    talk: Talk
    id: str
    message: ChatMessage
    user: User | None
    room: ChatRoom | None
    is_mine: bool

    @property
    def is_new(self) -> bool:
        """Whether there is something in it that the account has not seen."""
        return self.message.is_read is False


def excerpt(message: ChatMessage, most: int = 120) -> str:
    """How a message begins, in a line; empty where it is a file alone."""
    beginning = " ".join(plain_text(parse(message.text or "")).split())
    return beginning[: most - 1] + "…" if len(beginning) > most else beginning


def recent(client: Client, account: Account) -> list[Recent]:
    """The conversations of both kinds, the last to be written in first. Marks nothing read.
    Raises MisskeyErrors."""
    of_people = client.page("chat/history", of=ChatMessage, limit=RECENT)
    of_rooms = client.page("chat/history", of=ChatMessage, limit=RECENT, room=True)
    found = [_recent(message, account) for message in [*of_people.items, *of_rooms.items]]
    listed = [one for one in found if one is not None]
    return sorted(listed, key=lambda one: one.message.created_at, reverse=True)


def _recent(message: ChatMessage, account: Account) -> Recent | None:
    """The conversation of that message; None where the server does not say which it is."""
    is_mine = message.from_user_id == account.user_id
    if message.to_room is not None:
        room, sender = message.to_room, message.from_user
        return Recent(TALKS["rooms"], room.id, message, sender, room, is_mine)
    other = message.to_user if is_mine else message.from_user
    if other is None:
        return None
    return Recent(TALKS["people"], other.id, message, other, None, is_mine)


def read(
    client: Client,
    talk: Talk,
    talk_id: str,
    people: Mapping[str, User],
    account: Account,
    *,
    until: str | None = None,
    since: str | None = None,
    until_date: int | None = None,
    per_page: int,
) -> Stretch:
    """A stretch of a conversation: its end, or what is before the id `until`, after the id
    `since`, or before a moment in milliseconds. It counts as read at the server then. `people`
    are those who are not sent along. Raises MisskeyErrors."""
    found = client.page(
        talk.timeline,
        of=ChatMessage,
        limit=per_page,
        untilId=until,
        sinceId=since,
        untilDate=until_date,
        **{talk.key: talk_id},
    )
    # With `since` alone servers begin at the oldest (FACTS C.1).
    messages = found.items if since else found.items[::-1]
    is_full = len(messages) + found.unreadable >= per_page
    is_end = not (until or since or until_date)
    return Stretch(
        lines(messages, people, account),
        found.unreadable,
        older=messages[0].id if messages and (is_full or since) else None,
        newer=messages[-1].id if messages and not is_end and (is_full or not since) else None,
    )


def lines(
    messages: Iterable[ChatMessage], people: Mapping[str, User], account: Account
) -> list[Line]:
    """Messages as pages show them; one whose writer nobody knows is left out."""
    shown = []
    for message in messages:
        sender = message.from_user or people.get(message.from_user_id)
        if sender is not None:
            is_mine = message.from_user_id == account.user_id
            shown.append(Line(message, sender, is_mine, _given(message, account, is_mine=is_mine)))
    return shown


def _given(message: ChatMessage, account: Account, *, is_mine: bool) -> list[Given]:
    """The reactions to a message, each once, in the order they came."""
    by: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {}
    for given in message.reactions or []:
        # Where it is not said whose it is, it is the one's who did not write the message.
        who = given.user.id if given.user else ("" if is_mine else account.user_id)
        by.setdefault(given.reaction, []).append(who)
        names.setdefault(given.reaction, []).append(given.user.display_name if given.user else "")
    return [
        Given(reaction, len(who), account.user_id in who, ", ".join(filter(None, names[reaction])))
        for reaction, who in by.items()
    ]


# Sending ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Typed:
    """What stands in the form to write a message; `file` is one that was sent to the drive
    before the message could not be sent."""

    text: str = ""
    file: DriveFile | None = None
    form_id: str = ""


def problem_with(typed: Typed, *, has_file: bool) -> Problem | None:
    """Why this can't be sent, in words; None if it can."""
    if not typed.text.strip() and not has_file:
        return Problem(gettext("Write something, or choose a file."))
    if len(typed.text) > LONGEST:
        words = gettext("This is too long: up to %(longest)s characters.", longest=LONGEST)
        return Problem(words, gettext("What you wrote is still here."))
    return None


def parameters(talk: Talk, talk_id: str, typed: Typed) -> dict[str, Any]:
    """What to send."""
    return {
        talk.to_key: talk_id,
        "text": typed.text if typed.text.strip() else None,
        "fileId": typed.file.id if typed.file else None,
    }


# Rooms ------------------------------------------------------------------------------------


def rooms(client: Client) -> tuple[list[ChatRoom], list[ChatRoom]]:
    """The rooms the account made, and those of others that it is in. Raises MisskeyErrors."""
    own = client.page("chat/rooms/owned", of=ChatRoom, limit=MOST).items
    joined = client.page("chat/rooms/joining", of=ChatMembership, limit=MOST).items
    return own, [membership.room for membership in joined if membership.room is not None]


def invitations(client: Client) -> list[ChatInvitation]:
    """To which rooms the account is asked. Raises MisskeyErrors."""
    return client.page("chat/rooms/invitations/inbox", of=ChatInvitation, limit=MOST).items


def room_problem(name: str, description: str) -> Problem | None:
    """Why a room can't be called so, in words; None if it can."""
    if not name.strip():
        return Problem(gettext("Give it a name."), field="name")
    for typed, longest, key in (
        (name, LONGEST_NAME, "name"),
        (description, LONGEST_DESCRIPTION, "description"),
    ):
        if len(typed.strip()) > longest:
            words = gettext("This is too long: up to %(longest)s characters.", longest=longest)
            return Problem(words, field=key)
    return None
