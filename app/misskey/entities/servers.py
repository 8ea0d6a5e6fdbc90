"""A server: what it is, what it counts, what it announces, its emoji, and others it knows."""

from __future__ import annotations

import msgspec

from app.misskey.entities.base import Count, Entity, Moment


class Meta(Entity):
    """What a server says of itself (`meta`)."""

    uri: str
    version: str
    name: str | None = None
    max_note_text_length: int = 3000


class WholeMeta(Meta):
    """The same with what it says for people (`meta` in detail)."""

    description: str | None = None
    software_name: str | None = None
    maintainer_name: str | None = None
    maintainer_email: str | None = None
    repository_url: str | None = None
    tos_url: str | None = None
    # As Misskey 11 spells it.
    old_tos_url: str | None = msgspec.field(default=None, name="ToSUrl")
    privacy_policy_url: str | None = None
    impressum_url: str | None = None
    inquiry_url: str | None = None
    disable_registration: bool | None = None
    server_rules: list[str] | None = None

    @property
    def terms_url(self) -> str | None:
        """Where its terms are."""
        return self.tos_url or self.old_tos_url


class Announcement(Entity):
    """What those who run a server tell everybody (`announcements`)."""

    id: str
    title: str = ""
    text: str = ""
    icon: str | None = None
    image_url: str | None = None
    created_at: Moment | None = None
    is_read: bool | None = None


class Hashtag(Entity):
    """A hashtag, and how many people use it (`hashtags/list`, `hashtags/trend`)."""

    tag: str
    mentioned_users_count: Count | None = None
    attached_users_count: Count | None = None
    users_count: Count | None = None


class Instance(Entity):
    """Another server, as the account's own knows it (`federation/show-instance`)."""

    host: str
    name: str | None = None
    description: str | None = None
    software_name: str | None = None
    software_version: str | None = None
    users_count: Count = 0
    notes_count: Count = 0
    followers_count: Count = 0
    following_count: Count = 0
    is_not_responding: bool | None = None
    is_suspended: bool | None = None
    is_blocked: bool | None = None
    is_silenced: bool | None = None
    open_registrations: bool | None = None
    maintainer_name: str | None = None
    first_retrieved_at: Moment | None = None


class FederationStats(Entity):
    """The servers that are followed most from here and those that follow most, and how many
    followings the others have (`federation/stats`)."""

    top_sub_instances: list[Instance] = []
    other_followers_count: Count = 0
    top_pub_instances: list[Instance] = []
    other_following_count: Count = 0


class Online(Entity):
    """Answer of `get-online-users-count`."""

    count: Count


class Stats(Entity):
    """How many of everything a server has (`stats`); `original` is what is its own."""

    notes_count: Count | None = None
    original_notes_count: Count | None = None
    users_count: Count | None = None
    original_users_count: Count | None = None
    reactions_count: Count | None = None
    instances: Count | None = None


class Processor(Entity):
    """A part of `server-info`."""

    model: str = ""
    cores: Count = 0


class Memory(Entity):
    """A part of `server-info`, in bytes."""

    total: Count = 0
    used: Count = 0


class Machine(Entity):
    """What a server runs on (`server-info`); "?" and noughts where it does not tell."""

    cpu: Processor
    mem: Memory
    fs: Memory
    machine: str = ""


class Joined(Entity):
    """Who joined on a day, and how many of them came on each day after (`retention`)."""

    created_at: Moment
    users: Count
    data: dict[str, Count] = {}


class WholeEmoji(Entity):
    """A custom emoji with all that is told of it (`emoji`)."""

    name: str
    url: str | None = None
    category: str | None = None
    aliases: list[str] = []
    license: str | None = None
    is_sensitive: bool | None = None
    local_only: bool | None = None
    role_ids_that_can_be_used_this_emoji_as_reaction: list[str] = []


class CustomEmoji(Entity):
    """A custom emoji of a server (`emojis`, or `meta.emojis` of old ones)."""

    name: str
    url: str | None = None
    category: str | None = None
    aliases: list[str] = []
    is_sensitive: bool | None = None


class EmojiAnswer(Entity):
    """Answer of `emojis`, and the part of `meta` that old servers keep theirs in."""

    emojis: list[CustomEmoji] = []
