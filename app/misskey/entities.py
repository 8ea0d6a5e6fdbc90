"""Misskey's objects as typed structs.

Servers of different ages send different shapes (FACTS C.4, DIFFERENCES "Notes"):
unknown keys are ignored, missing ones have a default, and what is a list here and a
map there is normalised by a property. Ids are opaque strings. Times are aware
datetimes in UTC. Nothing here is trusted: texts are escaped and URLs checked where they are
rendered.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

Visibility = Literal["public", "home", "followers", "specified"]
VISIBILITIES: tuple[Visibility, ...] = ("public", "home", "followers", "specified")

Count = Annotated[float, msgspec.Meta(ge=-(2.0**53), le=2.0**53)]
"""A number that can be shown. Decoding that is not strict also reads "inf" and "nan";
counts below zero have happened on old servers."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone; one without can't be compared with now."""


class Entity(msgspec.Struct, rename="camel", kw_only=True, gc=False):
    """Base of all: camelCase on the wire."""


# Old servers send a list of {name, url}, newer ones a map of names to URLs, or nothing
# (FACTS C.4). `emoji_urls` reads all of them.
class EmojiItem(Entity):
    """A custom emoji as old servers list it beside a note."""

    name: str
    url: str | None = None


Emojis = list[EmojiItem] | dict[str, str] | None


def emoji_urls(*sources: Emojis) -> dict[str, str]:
    """`{name: url}` of custom emoji, from every shape servers send them in."""
    urls: dict[str, str] = {}
    for source in sources:
        if isinstance(source, dict):
            urls.update(source)
        elif source:
            urls.update({item.name: item.url for item in source if item.url})
    return urls


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


class FileProperties(Entity):
    """What the server measured of a picture: pixels, and an average `rgb(…)`."""

    width: Count | None = None
    height: Count | None = None
    avg_color: str | None = None


class DriveFile(Entity):
    """A file of a note. `size` is in bytes; `comment` is the alt text."""

    id: str
    name: str = ""
    type: str = ""
    size: Count = 0
    url: str | None = None
    thumbnail_url: str | None = None
    comment: str | None = None
    is_sensitive: bool | None = None
    blurhash: str | None = None
    properties: FileProperties | None = None

    @property
    def kind(self) -> str:
        """`image`, `video`, `audio` or `other`: what a browser can show by itself.

        SVG counts as other: it is a document, and not one of ours."""
        kind = self.type.partition("/")[0]
        if self.type == "image/svg+xml" or kind not in ("image", "video", "audio"):
            return "other"
        return kind


class Folder(Entity):
    """A folder of the drive; by itself (`drive/folders/show`) also with what it is in, and
    how much is in it."""

    id: str
    name: str = ""
    parent_id: str | None = None
    parent: Folder | None = None
    folders_count: Count | None = None
    files_count: Count | None = None

    @property
    def path(self) -> list[Folder]:
        """The folders it is in, the outermost first, and itself."""
        path = [self]
        while (parent := path[0].parent) is not None:
            path.insert(0, parent)
        return path


class Space(Entity):
    """How much room a drive has, and how much of it is taken, in bytes (`drive`)."""

    capacity: Count = 0
    usage: Count = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more goes into it."""
        return self.usage >= self.capacity


class OwnFile(DriveFile):
    """A file as its owner finds it in the drive. Where it is comes along only by itself
    (`drive/files/show`)."""

    created_at: Moment | None = None
    folder_id: str | None = None
    folder: Folder | None = None


class PollChoice(Entity):
    """One answer of a poll."""

    text: str
    votes: Count = 0
    is_voted: bool | None = None


class Poll(Entity):
    """A poll on a note."""

    choices: list[PollChoice]
    multiple: bool | None = None
    expires_at: Moment | None = None

    def __post_init__(self) -> None:
        if self.expires_at is not None:
            self.expires_at = self.expires_at.astimezone(UTC)

    @property
    def total(self) -> int:
        """All votes of all answers."""
        return int(sum(choice.votes for choice in self.choices))

    @property
    def has_voted(self) -> bool:
        """Whether the reader has."""
        return any(choice.is_voted for choice in self.choices)

    def is_open_at(self, moment: datetime) -> bool:
        """Whether votes are still taken at `moment`."""
        return self.expires_at is None or moment < self.expires_at


class Channel(Entity):
    """The channel a note is in."""

    id: str
    name: str = ""
    allow_renote_to_external: bool | None = None


class Note(Entity):
    """A note, with its reply and renote targets as far as the server sends them."""

    id: str
    created_at: Moment
    user: User
    user_id: str | None = None
    text: str | None = None
    cw: str | None = None
    visibility: str = "public"
    local_only: bool | None = None
    is_hidden: bool | None = None
    reply_id: str | None = None
    renote_id: str | None = None
    # Unset where the server did not send them, None where the target is gone (2025.8+).
    reply: Note | msgspec.UnsetType | None = msgspec.UNSET
    renote: Note | msgspec.UnsetType | None = msgspec.UNSET
    files: list[DriveFile] | None = None
    poll: Poll | None = None
    reactions: dict[str, Count] | None = None
    my_reaction: str | None = None
    emojis: Emojis = None
    reaction_emojis: Emojis = None
    reaction_acceptance: str | None = None
    channel: Channel | None = None
    visible_user_ids: list[str] | None = None
    updated_at: Moment | None = None
    uri: str | None = None
    url: str | None = None
    replies_count: Count = 0
    renote_count: Count = 0
    # In how many clips it is, anybody's; None where the server does not say (before 13).
    clipped_count: Count | None = None

    def __post_init__(self) -> None:
        self.created_at = self.created_at.astimezone(UTC)
        if self.updated_at is not None:
            self.updated_at = self.updated_at.astimezone(UTC)

    @property
    def reply_is_gone(self) -> bool:
        """Whether the note this answers was deleted, as far as the server says so."""
        return bool(self.reply_id) and self.reply is None

    @property
    def renote_is_gone(self) -> bool:
        """Whether the renoted or quoted note was deleted."""
        return bool(self.renote_id) and self.renote is None

    @property
    def is_pure_renote(self) -> bool:
        """Whether this only passes another note on (FACTS C.4)."""
        return bool(self.renote_id) and not (self.text or self.cw or self.files or self.poll)

    @property
    def reaction_counts(self) -> list[tuple[str, int]]:
        """Reactions with at least one, most first. Old servers keep zeros in the map."""
        counted = [(name, int(count)) for name, count in (self.reactions or {}).items()]
        return sorted((item for item in counted if item[1] > 0), key=lambda item: -item[1])


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
        return _readable_notes(self.pinned_notes)


_note_decoder = msgspec.json.Decoder(Note, strict=False)


def _readable_notes(raws: list[msgspec.Raw] | None) -> list[Note]:
    notes = []
    for raw in raws or []:
        try:
            notes.append(_note_decoder.decode(raw))
        except (ValueError, OverflowError, RecursionError):
            continue
    return notes


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


class Achievement(Entity):
    """What somebody achieved, and when in milliseconds since 1970 (`users/achievements`)."""

    name: str
    unlocked_at: Count = 0


class Online(Entity):
    """Answer of `get-online-users-count`."""

    count: Count


class Webhook(Entity):
    """An address that is told what happens to the account (`i/webhooks/show`)."""

    id: str
    name: str = ""
    url: str = ""
    secret: str | None = None
    on: list[str] = []
    active: bool | None = None
    latest_sent_at: Moment | None = None
    latest_status: Count | None = None


class OwnApp(Entity):
    """An app the account registered at its server (`my/apps`)."""

    id: str
    name: str = ""
    callback_url: str | None = None
    permission: list[str] = []


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


class Kept(Entity):
    """A value kept for an app, as JSON (`i/registry/get-detail`)."""

    value: msgspec.Raw
    updated_at: Moment | None = None


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


class NoteState(Entity):
    """Answer of `notes/state`."""

    is_favorited: bool = False
    is_muted_thread: bool | None = None


class NoteReaction(Entity):
    """One person's reaction (`notes/reactions`)."""

    id: str
    user: User
    type: str
    note: Note | None = None
    """Only where a person's reactions are listed (`users/reactions`)."""


class Favourite(Entity):
    """One of the account's favourites (`i/favorites`): it has an id of its own."""

    id: str
    note: Note | None = None


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
        return _readable_notes(self.pinned_notes)


class Membership(Entity):
    """Somebody's place on a list (`users/lists/get-memberships`)."""

    id: str
    user: User
    with_replies: bool | None = None


class Work(Entity):
    """What somebody made beside notes and shows to everybody."""

    id: str
    user: User
    title: str = ""
    created_at: Moment | None = None
    liked_count: Count = 0
    is_liked: bool | None = None

    @property
    def label(self) -> str:
        """What it is called."""
        return self.title or self.id

    @property
    def excerpt(self) -> str | None:
        """What it says of itself."""
        return None

    @property
    def picture(self) -> DriveFile | None:
        """The picture that stands for it."""
        return None


class Block(Entity):
    """A block of a page: a `text`, a `section` with blocks of its own, an `image`, a `note`.
    Old servers have more kinds, which are programs."""

    type: str = ""
    text: str | None = None
    title: str | None = None
    # Decoded one by one, so that a malformed block does not take the page away.
    children: list[msgspec.Raw] | None = None
    file_id: str | None = None
    note: str | None = None


class WrittenPage(Work):
    """A page somebody wrote (`pages/show`)."""

    name: str = ""
    summary: str | None = None
    content: list[msgspec.Raw] | None = None
    attached_files: list[DriveFile] | None = None
    eye_catching_image: DriveFile | None = None

    @property
    def excerpt(self) -> str | None:
        """Its summary."""
        return self.summary

    @property
    def picture(self) -> DriveFile | None:
        """The one at its top."""
        return self.eye_catching_image


class GalleryPost(Work):
    """Pictures somebody shows (`gallery/posts/show`)."""

    description: str | None = None
    files: list[DriveFile] | None = None
    is_sensitive: bool | None = None

    @property
    def excerpt(self) -> str | None:
        """What is said of the pictures."""
        return self.description

    @property
    def picture(self) -> DriveFile | None:
        """The first one that may be shown to everybody."""
        return next(
            (f for f in self.files or [] if not (f.is_sensitive or self.is_sensitive)), None
        )


class Play(Work):
    """A small program (`flash/show`), of which only what it is about concerns us."""

    summary: str | None = None

    @property
    def excerpt(self) -> str | None:
        """What it is about."""
        return self.summary


class LikedPage(Entity):
    """A page the account likes (`i/page-likes`): the like has an id of its own."""

    id: str
    page: WrittenPage | None = None

    @property
    def work(self) -> Work | None:
        """The page."""
        return self.page


class LikedPost(Entity):
    """A post of a gallery the account likes (`i/gallery/likes`)."""

    id: str
    post: GalleryPost | None = None

    @property
    def work(self) -> Work | None:
        """The post."""
        return self.post


class LikedPlay(Entity):
    """A Play the account likes (`flash/my-likes`)."""

    id: str
    flash: Play | None = None

    @property
    def work(self) -> Work | None:
        """The Play."""
        return self.flash


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


class ResolvedThing(Entity):
    """As much of a note or a person as leads to their page."""

    id: str
    username: str | None = None
    host: str | None = None


class Resolved(Entity):
    """Answer of `ap/show`: the note or person at an address."""

    type: str
    object: ResolvedThing

    @property
    def note_id(self) -> str | None:
        """The note's id, if it is one."""
        return self.object.id if self.type == "Note" else None

    @property
    def acct(self) -> str | None:
        """`name` or `name@host`, if it is a person."""
        if self.type != "User" or not self.object.username:
            return None
        host = self.object.host
        return f"{self.object.username}@{host}" if host else self.object.username


class ChannelSummary(Entity):
    """A channel the account follows."""

    id: str
    name: str = ""
    is_archived: bool | None = None


class BegunPoll(Entity):
    """The poll of a draft. It ends at a time, or so many milliseconds after it is posted."""

    choices: list[str] = []
    multiple: bool | None = None
    expires_at: Moment | None = None
    expired_after: Count | None = None

    def __post_init__(self) -> None:
        if self.expires_at is not None:
            self.expires_at = self.expires_at.astimezone(UTC)


class NoteDraft(Entity):
    """A note that was begun and is kept at the server (`notes/drafts/list`)."""

    id: str
    created_at: Moment | None = None
    text: str | None = None
    cw: str | None = None
    visibility: str = "public"
    visible_user_ids: list[str] | None = None
    local_only: bool | None = None
    reaction_acceptance: str | None = None
    reply_id: str | None = None
    renote_id: str | None = None
    channel: Channel | None = None
    files: list[DriveFile] | None = None
    poll: BegunPoll | None = None
    is_actually_scheduled: bool | None = None


class CreatedDraft(Entity):
    """Answer of `notes/drafts/create`."""

    created_draft: NoteDraft


class Translation(Entity):
    """Answer of `notes/translate`."""

    text: str
    source_lang: str = ""


class CreatedNote(Entity):
    """Answer of `notes/create`."""

    created_note: Note


class EndpointParameter(Entity):
    """One parameter of an endpoint, and its type as Misskey writes it (`String`)."""

    name: str
    type: str = ""


class EndpointParameters(Entity):
    """Answer of `endpoint`: what an endpoint takes."""

    params: list[EndpointParameter] = []

    @property
    def names(self) -> list[str]:
        """The parameters' names."""
        return [parameter.name for parameter in self.params]
