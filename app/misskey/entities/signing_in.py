"""What the endpoints of signing in answer."""

from __future__ import annotations

from app.misskey.entities.base import Entity
from app.misskey.entities.users import User


class RegisteredApp(Entity):
    """Answer of `app/create`."""

    secret: str
    permission: list[str] = []


class ShownApp(Entity):
    """An app as anybody may read it through a session's token."""

    callback_url: str | None = None
    permission: list[str] = []


class ShownSession(Entity):
    """Answer of `auth/session/show`."""

    app: ShownApp


class OpenedSession(Entity):
    """Answer of `auth/session/generate`."""

    token: str
    url: str


class UserKey(Entity):
    """Answer of `auth/session/userkey`."""

    access_token: str
    user: User
