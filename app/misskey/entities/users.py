"""A person as they stand beside what they wrote. Apart from `people`, whose profiles hold notes."""

from __future__ import annotations

from app.misskey.entities.base import Emojis, Entity


class User(Entity):
    """A person as they stand beside a note (`UserLite`)."""

    id: str
    username: str
    name: str | None = None
    host: str | None = None
    avatar_url: str | None = None
    is_bot: bool | None = None
    is_cat: bool | None = None
    emojis: Emojis = None

    @property
    def display_name(self) -> str:
        """What the person calls themselves, or their username."""
        return self.name or self.username

    @property
    def handle(self) -> str:
        """`@alice`, or `@alice@far.example` for people of other servers."""
        return f"@{self.username}@{self.host}" if self.host else f"@{self.username}"
