"""What the sandbox's world is made of: people, notes, files, apps.

Plain records. How they are shown to others is in `shapes.py`, what may happen
to them in `world.py` and `apps.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .pictures import Content


@dataclass
class File:
    """A file of somebody's drive; `content` makes the bytes when they are first asked for."""

    id: str
    created: float
    user_id: str
    name: str
    key: str
    content: Content
    comment: str | None = None
    sensitive: bool = False
    origin: str | None = None
    """Where a remote file lives; None for one of ours."""
    folder_id: str | None = None


@dataclass
class Folder:
    """A folder of somebody's drive; `parent_id` is the one it is in."""

    id: str
    created: float
    user_id: str
    name: str
    parent_id: str | None = None


@dataclass
class Person:
    """Somebody with an account, here (`host` None) or on another server."""

    id: str
    created: float
    username: str
    name: str | None
    host: str | None = None
    description: str | None = None
    location: str | None = None
    birthday: str | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    avatar: File | None = None
    banner: File | None = None
    is_cat: bool = False
    is_bot: bool = False
    is_locked: bool = False
    online: str = "unknown"
    pinned: list[str] = field(default_factory=list)
    emojis: list[str] = field(default_factory=list)
    """Names of the custom emoji in a name from another server."""
    updated: float | None = None
    rate_limit_factor: float = 1
    public_reactions: bool = True
    """Whether everybody may see what this person reacted to."""
    verified: list[str] = field(default_factory=list)
    """Addresses among the fields that were found to link back."""
    roles: list[Role] = field(default_factory=list)
    chosen: dict[str, Any] = field(default_factory=dict)
    """What they said by `i/update` that has no place above, by its name there."""
    following_visibility: str = "public"
    """Who may see whom this person follows: everybody, followers, or nobody (`private`)."""
    followers_visibility: str = "public"
    moved_to: str | None = None
    """The address of the account this person went to."""
    achievements: dict[str, float] = field(default_factory=dict)
    """What they achieved, and when."""


@dataclass
class Role:
    """What the keepers call some people."""

    id: str
    name: str
    color: str | None = None
    description: str = ""
    explorable: bool = True
    """Whether everybody may see who has it, and what they write."""


@dataclass
class Poll:
    """A question: `votes[person id]` is the list of choices of that person."""

    choices: list[str]
    multiple: bool = False
    expires: float | None = None
    votes: dict[str, list[int]] = field(default_factory=dict)


@dataclass
class Channel:
    """A room for notes on one subject."""

    id: str
    name: str
    color: str
    user_id: str
    sensitive: bool = False
    allow_renote_to_external: bool = True
    created: float = 0
    description: str | None = None
    banner: File | None = None
    archived: bool = False
    pinned: list[str] = field(default_factory=list)


@dataclass
class UserList:
    """A list of people somebody made, to read them apart."""

    id: str
    created: float
    user_id: str
    name: str
    members: list[str] = field(default_factory=list)
    public: bool = False


@dataclass
class Antenna:
    """Words somebody listens for: `keywords` are alternatives of words that go together."""

    id: str
    created: float
    user_id: str
    name: str
    keywords: list[list[str]]
    more: dict[str, object] = field(default_factory=dict)
    """What else was said of it, as the API spells it."""


@dataclass
class Notification:
    """What somebody was told that no note or reaction tells by itself (`notices.py`)."""

    id: str
    created: float
    type: str
    user_id: str | None = None
    note_id: str | None = None
    more: dict[str, object] = field(default_factory=dict)


@dataclass
class Clip:
    """A named collection of notes: `notes` says which, the last one clipped last."""

    id: str
    created: float
    user_id: str
    name: str
    description: str | None = None
    public: bool = False
    notes: list[str] = field(default_factory=list)
    last_clipped: float | None = None


@dataclass
class ChatMessage:
    """What somebody wrote to a person, or in a room; `reactions` are who and what."""

    id: str
    created: float
    from_id: str
    to_id: str | None
    room_id: str | None
    text: str | None
    file_id: str | None
    reactions: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class ChatRoom:
    """A room to chat in. `members` says of each whether they muted it; its owner is none of
    them. `invited` has the ids of invitations by person, `ignored` who ignores theirs."""

    id: str
    created: float
    owner_id: str
    name: str
    description: str = ""
    members: dict[str, bool] = field(default_factory=dict)
    invited: dict[str, str] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)


@dataclass
class Report:
    """What somebody told the moderators of somebody else."""

    reporter_id: str
    user_id: str
    comment: str


@dataclass
class Announcement:
    """What the server's keepers tell everybody."""

    id: str
    created: float
    title: str
    text: str
    icon: str = "info"
    display: str = "normal"


@dataclass
class WrittenPage:
    """A page somebody wrote: `content` is its blocks, as the API spells them."""

    id: str
    created: float
    user_id: str
    name: str
    title: str
    content: list[dict[str, Any]]
    summary: str | None = None
    files: list[File] = field(default_factory=list)
    variables: list[dict[str, Any]] = field(default_factory=list)
    script: str = ""
    font: str = "sans-serif"
    align_center: bool = False
    hide_title: bool = False
    eye_catching: File | None = None


@dataclass
class GalleryPost:
    """Pictures somebody shows to everybody."""

    id: str
    created: float
    user_id: str
    title: str
    files: list[File]
    description: str | None = None
    sensitive: bool = False


@dataclass
class Play:
    """A small program somebody wrote, which the official client runs."""

    id: str
    created: float
    user_id: str
    title: str
    summary: str
    script: str
    public: bool = True


@dataclass
class Webhook:
    """An address that is told what happens to somebody."""

    id: str
    user_id: str
    name: str
    url: str
    secret: str
    on: list[str]
    active: bool = True


@dataclass
class Decoration:
    """Something to put around one's picture; `roles` are those it is for, if not all."""

    id: str
    name: str
    description: str
    url: str
    roles: list[str] = field(default_factory=list)


@dataclass
class Invite:
    """A code by which somebody may be let in, once."""

    id: str
    created: float
    user_id: str
    code: str
    expires: float | None = None
    used_by: str | None = None
    used: float | None = None


@dataclass
class Kept:
    """A value that an app keeps at the server."""

    value: Any
    updated: float


@dataclass
class Emoji:
    """A custom emoji of this server."""

    id: str
    name: str
    file: File
    aliases: list[str]
    category: str | None
    sensitive: bool = False
    local_only: bool = False
    license: str | None = None


@dataclass
class Note:
    """A note; a pure renote has a `renote_id` and nothing of its own."""

    id: str
    created: float
    user_id: str
    text: str | None = None
    cw: str | None = None
    visibility: str = "public"
    local_only: bool = False
    reaction_acceptance: str | None = None
    visible_user_ids: list[str] = field(default_factory=list)
    file_ids: list[str] = field(default_factory=list)
    reply_id: str | None = None
    reply_user_id: str | None = None
    thread_id: str | None = None
    """The thread's first note; None for a note that answers nothing."""
    renote_id: str | None = None
    channel_id: str | None = None
    poll: Poll | None = None
    mentions: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    emojis: list[str] = field(default_factory=list)
    """Names of the custom emoji in a text from another server."""
    reactions: dict[str, str] = field(default_factory=dict)
    """Who reacted with what: `{person id: "👍" or ":name@.:"}`."""
    reaction_ids: dict[str, str] = field(default_factory=dict)
    """Of those of them that were counted or listed: when, as an id (`World.reaction_id`)."""
    reactions_before: list[str] = field(default_factory=list)
    """Each reaction that anybody ever gave: v11 goes on counting them."""
    app: App | None = None
    """What it was written with."""
    renote_count: int = 0
    replies_count: int = 0
    clipped_count: int = 0
    uri: str | None = None

    @property
    def is_pure_renote(self) -> bool:
        """A renote without words, files or a question of its own."""
        return self.renote_id is not None and not self.has_content

    @property
    def has_content(self) -> bool:
        """Whether it says or shows something itself."""
        return bool(self.text or self.cw or self.file_ids or self.poll)


@dataclass
class NoteDraft:
    """A note that was begun and is kept at the server: `holds` is what the API was given."""

    id: str
    created: float
    user_id: str
    holds: dict[str, Any]

    @property
    def is_scheduled(self) -> bool:
        """Whether the server will post it by itself."""
        return bool(self.holds.get("isActuallyScheduled"))


@dataclass
class App:
    """A registered app; `secret` is known to the app and to its owner, the person who
    registered it, if it was one."""

    id: str
    name: str
    description: str
    permission: list[str]
    callback_url: str | None
    secret: str
    owner_id: str | None = None


@dataclass
class Session:
    """A sign-in under way: `user_id` is set when that person has accepted."""

    id: str
    token: str
    app: App
    user_id: str | None = None


@dataclass
class AccessToken:
    """What one person gave one app. `hash` is the `i` the app calls with."""

    token: str
    hash: str
    app: App
    user_id: str
    created: float
