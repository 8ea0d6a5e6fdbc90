"""What an account was told."""

from __future__ import annotations

from datetime import UTC

from app.misskey.entities.base import Entity, Moment
from app.misskey.entities.notes import Note
from app.misskey.entities.people import Role
from app.misskey.entities.users import User


class GivenReaction(Entity):
    """One of several reactions that a notification tells of."""

    user: User
    reaction: str


class Notification(Entity):
    """What the account was told (`i/notifications`, `i/notifications-grouped`).

    There are kinds we do not know: everything but the id, the time and the kind may be
    missing.
    """

    id: str
    created_at: Moment
    type: str
    user: User | None = None
    note: Note | None = None
    reaction: str | None = None
    reactions: list[GivenReaction] | None = None
    users: list[User] | None = None
    header: str | None = None
    body: str | None = None
    achievement: str | None = None
    role: Role | None = None
    message: str | None = None

    def __post_init__(self) -> None:
        self.created_at = self.created_at.astimezone(UTC)
