"""Messages and rooms."""

from __future__ import annotations

from datetime import UTC

from app.misskey.entities.base import Entity, Moment
from app.misskey.entities.drive import DriveFile
from app.misskey.entities.things import Named
from app.misskey.entities.users import User


class ChatReaction(Entity):
    """A reaction to a message. Between two people it is not said whose it is."""

    reaction: str
    user: User | None = None


class ChatRoom(Named):
    """A room to chat in (`chat/rooms/show`): anybody may look at one."""

    owner_id: str = ""
    owner: User | None = None
    is_muted: bool | None = None
    invitation_exists: bool | None = None


class ChatMessage(Entity):
    """What somebody wrote to a person or in a room (`chat/history` and others). Between two
    people, its conversation does not send them along."""

    id: str
    created_at: Moment
    from_user_id: str
    from_user: User | None = None
    to_user_id: str | None = None
    to_user: User | None = None
    to_room_id: str | None = None
    to_room: ChatRoom | None = None
    text: str | None = None
    file: DriveFile | None = None
    is_read: bool | None = None
    reactions: list[ChatReaction] | None = None

    def __post_init__(self) -> None:
        self.created_at = self.created_at.astimezone(UTC)


class ChatInvitation(Entity):
    """That somebody is asked into a room (`chat/rooms/invitations/inbox` and `outbox`)."""

    id: str
    user: User
    room: ChatRoom


class ChatMembership(Entity):
    """Somebody's place in a room, with the one of the two that was not asked about."""

    id: str
    user: User | None = None
    room: ChatRoom | None = None
