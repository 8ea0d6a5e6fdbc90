"""Profiles, what stands between two people, and the account itself."""

from __future__ import annotations

import msgspec

from app.misskey.entities.base import Count, Entity, Moment
from app.misskey.entities.notes import Note, readable_notes
from app.misskey.entities.users import User


class ProfileField(Entity):
    """A line of a person's own on their profile."""

    name: str = ""
    value: str = ""


class Role(Entity):
    """What the people who run a server call some of its members."""

    id: str
    name: str = ""
    description: str | None = None
    users_count: Count | None = None


class Decoration(Entity):
    """Something to put around one's picture, for everybody or for some roles
    (`get-avatar-decorations`)."""

    id: str
    name: str = ""
    description: str | None = None
    url: str | None = None
    role_ids: list[str] | None = msgspec.field(
        default=None, name="roleIdsThatCanBeUsedThisDecoration"
    )


class Worn(msgspec.Struct, rename="camel", gc=False):
    """A decoration around somebody's picture: turned by a part of a whole turn, moved by
    parts of its own size."""

    id: str
    url: str | None = None
    angle: Count | None = None
    flip_h: bool | None = None
    offset_x: Count | None = None
    offset_y: Count | None = None

    @property
    def transform(self) -> str:
        """The same as SVG says it, in a drawing of 200 by 200 whose middle is the picture's."""
        x, y = ((offset or 0) * 200 for offset in (self.offset_x, self.offset_y))
        placed = f"translate({x:.6g} {y:.6g}) rotate({(self.angle or 0) * 360:.6g} 100 100)"
        return f"{placed} matrix(-1 0 0 1 200 0)" if self.flip_h else placed


_MOST_WORN = 16
_worn_decoder = msgspec.json.Decoder(Worn, strict=False)


class Profile(User):
    """A person's own page (`users/show`), and how the account stands to them.

    What is unset was not sent: old servers know less, and of oneself there is no relation.
    """

    description: str | None = None
    notes_count: Count = 0
    following_count: Count | None = None
    followers_count: Count | None = None
    url: str | None = None
    uri: str | None = None
    banner_url: str | None = None
    location: str | None = None
    birthday: str | None = None
    fields: list[ProfileField] | None = None
    verified_links: list[str] | None = None
    roles: list[Role] | None = None
    memo: str | None = None
    moved_to: str | None = None
    created_at: Moment | None = None
    is_locked: bool | None = None
    is_suspended: bool | None = None
    public_reactions: bool | None = None
    # Decoded one by one, so that a malformed note does not take the profile away.
    pinned_notes: list[msgspec.Raw] | None = None
    avatar_decorations: list[msgspec.Raw] | None = None
    is_following: bool | None = None
    is_followed: bool | None = None
    has_pending_follow_request_from_you: bool | None = None
    has_pending_follow_request_to_you: bool | None = None
    is_blocking: bool | None = None
    is_blocked: bool | None = None
    is_muted: bool | None = None
    is_renote_muted: bool | None = None
    notify: str | None = None
    with_replies: bool | None = None
    can_chat: bool | None = None

    @property
    def decorations(self) -> list[Worn]:
        """What stands around their picture, as far as it can be read."""
        found = []
        for raw in (self.avatar_decorations or [])[:_MOST_WORN]:
            try:
                found.append(_worn_decoder.decode(raw))
            except (ValueError, OverflowError, RecursionError):
                continue
        return found

    @property
    def pinned(self) -> list[Note]:
        """The pinned notes that can be read."""
        return readable_notes(self.pinned_notes)


class Tie(Entity):
    """What stands between two people, with an id of its own: a following, a request, a
    mute, a block. Servers send only the person it is about, but for requests. Whom somebody
    talks with stands without an id (`users/get-frequently-replied-users`)."""

    id: str = ""
    followee: Profile | None = None
    follower: Profile | None = None
    mutee: Profile | None = None
    blockee: Profile | None = None
    user: Profile | None = None
    expires_at: Moment | None = None


class Policies(Entity):
    """What an account's roles allow (since 13.0). Sizes are in megabytes of 2**20 bytes."""

    max_file_size_mb: Count | None = None
    ltl_available: bool | None = None
    gtl_available: bool | None = None
    can_invite: bool | None = None

    @property
    def forbidden(self) -> list[str]:
        """What the roles do not allow, timelines and inviting, as Misskey calls it."""
        allowed = {
            "ltlAvailable": self.ltl_available,
            "gtlAvailable": self.gtl_available,
            "canInvite": self.can_invite,
        }
        return [name for name, is_allowed in allowed.items() if is_allowed is False]


class Me(User):
    """The account itself: what it may do, and whether anything is unread (`i`)."""

    policies: Policies | None = None
    has_unread_notification: bool | None = None
    unread_notifications_count: Count | None = None
    has_unread_announcement: bool | None = None
    # Only how many, for the list itself has a page.
    unread_announcements: list[msgspec.Raw] | None = None


class Achievement(Entity):
    """What somebody achieved, and when in milliseconds since 1970 (`users/achievements`)."""

    name: str
    unlocked_at: Count = 0


class Invite(Entity):
    """A code by which one person may make an account (`invite/list`)."""

    id: str
    code: str
    created_at: Moment | None = None
    expires_at: Moment | None = None
    used_by: User | None = None
    used_at: Moment | None = None
    used: bool | None = None


class InvitesLeft(Entity):
    """How many more codes an account may make; None for as many as it likes."""

    remaining: Count | None = None
