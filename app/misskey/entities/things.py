"""What an account makes to read by: lists, antennas, clips, channels."""

from __future__ import annotations

import msgspec

from app.misskey.entities.base import Entity
from app.misskey.entities.notes import Note, readable_notes
from app.misskey.entities.users import User


class Named(Entity):
    """A list, antenna, clip or channel, as far as it leads to its notes."""

    id: str
    name: str = ""
    description: str | None = None
    is_archived: bool | None = None

    @property
    def label(self) -> str:
        """What it is called."""
        return self.name or self.id

    @property
    def excerpt(self) -> str | None:
        """What it says of itself."""
        return self.description


class UserList(Named):
    """A list of people (`users/lists/show`)."""

    user_ids: list[str] | None = None
    is_public: bool | None = None
    is_liked: bool | None = None


class Antenna(Named):
    """Words somebody listens for (`antennas/show`). The words of one of `keywords` go
    together; each of them will do."""

    src: str | None = None
    user_list_id: str | None = None
    keywords: list[list[str]] | None = None
    exclude_keywords: list[list[str]] | None = None
    users: list[str] | None = None
    case_sensitive: bool | None = None
    local_only: bool | None = None
    exclude_bots: bool | None = None
    with_replies: bool | None = None
    with_file: bool | None = None
    exclude_notes_in_sensitive_channel: bool | None = None


class Clip(Named):
    """A collection of notes (`clips/show`)."""

    user: User | None = None
    is_public: bool | None = None
    is_favorited: bool | None = None


class ChannelDetail(Named):
    """A room for notes on one subject (`channels/show`)."""

    user_id: str | None = None
    color: str | None = None
    is_sensitive: bool | None = None
    allow_renote_to_external: bool | None = None
    is_following: bool | None = None
    is_favorited: bool | None = None
    is_muting: bool | None = None
    banner_url: str | None = None
    # Decoded one by one, as those of a profile.
    pinned_notes: list[msgspec.Raw] | None = None

    @property
    def pinned(self) -> list[Note]:
        """The pinned notes that can be read."""
        return readable_notes(self.pinned_notes)


class Membership(Entity):
    """Somebody's place on a list (`users/lists/get-memberships`)."""

    id: str
    user: User
    with_replies: bool | None = None


class ChannelSummary(Entity):
    """A channel the account follows."""

    id: str
    name: str = ""
    is_archived: bool | None = None
