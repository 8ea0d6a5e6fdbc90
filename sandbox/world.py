"""The sandbox's world: who there is, what they wrote, and what may happen next.

The rules of Misskey that a client can feel live here: who sees which note, what
a home timeline holds, what makes a note be refused. They follow the recordings
and FACTS.md; where those are silent, the public source of the server was read.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from .ages import KEPT_WORDS, NOW, WORD_OF, WORDS, Age
from .apps import Apps
from .clock import Clock
from .emoji import plant
from .errors import ApiError
from .ids import Ids
from .limits import Limiter
from .records import (
    Announcement,
    Antenna,
    App,
    Channel,
    ChatMessage,
    ChatRoom,
    Clip,
    Decoration,
    Emoji,
    File,
    Folder,
    GalleryPost,
    Invite,
    Kept,
    Note,
    NoteDraft,
    Notification,
    Person,
    Play,
    Poll,
    Report,
    UserList,
    Webhook,
    WrittenPage,
)

MENTION = re.compile(r"(?<![\w@/])@([A-Za-z0-9_]{1,20})(?:@([\w.-]+[A-Za-z0-9]))?")
HASHTAG = re.compile(r"(?<![\w&/])#([^\s#.,!?'\"/()\[\]{}<>:;、。！？「」（）]+)")
CODE = re.compile(r"```.*?```|`[^`\n]+`|<plain>.*?</plain>|https?://\S+", re.DOTALL)
HEART = "❤"


@dataclass
class Settings:
    """What the server's keepers decided. A test may change any of it while the sandbox runs."""

    max_note_text_length: int = 3000
    max_file_size_mb: int = 30
    drive_capacity_mb: int = 100
    translator: bool = False
    """Whether notes can be translated: in the recordings they cannot."""
    can_search_notes: bool = False
    """Whether words in notes can be looked for: in the recordings only v12 does it."""
    local_timeline: bool = True
    global_timeline: bool = True
    can_invite: bool = False
    """Whether people may make invitation codes: in the recordings they may not."""
    invite_limit: int = 0
    """How many in a week; 0 for as many as they like."""
    tells_machine: bool = False
    """Whether everybody may know what it runs on: in the recordings nobody may."""

    @classmethod
    def of(cls, age: Age) -> Settings:
        """As in the recordings of that age."""
        if not age.old:
            return cls()
        return cls(
            max_note_text_length=500 if age.v11 else 3000,
            drive_capacity_mb=1024,
            can_search_notes=not age.v11,
        )


@dataclass(frozen=True)
class Event:
    """Something that just happened: a `note` was written or `deleted`, was `reacted` or
    `unreacted` to or `pollVoted` on by a person; or a person was `told`, or has `read`; or
    something happened in a `chat`."""

    type: str
    note: Note | None = None
    person: Person | None = None
    more: Any = None
    """The reaction, the number of the choice, the notification, or what was chatted."""


class World:
    """Everything the sandbox knows. Use `lock` around what reads and then changes."""

    def __init__(
        self,
        origin: str,
        clock: Clock | None = None,
        settings: Settings | None = None,
        age: Age = NOW,
    ) -> None:
        self.origin = origin
        self.age = age
        self.clock = clock or Clock()
        self._settings = settings or Settings()
        self.lock = threading.RLock()
        self.listeners: list[Callable[[Event], None]] = []
        """Who hears at once of everything that happens."""
        self.begin()

    def begin(self) -> None:
        """An empty world; `demo.furnish(world)` fills it."""
        self.settings = replace(self._settings)
        self.ids = Ids()
        self.apps = Apps(self.clock, self.ids)
        self.limiter = Limiter(self.clock)
        self.people: dict[str, Person] = {}
        self.notes: dict[str, Note] = {}
        self.files: dict[str, File] = {}
        self.folders: dict[str, Folder] = {}
        self.clips: dict[str, Clip] = {}
        self.reports: list[Report] = []
        self.fetched: list[str] = []
        """Addresses that files were to be fetched from."""
        self.announcements: list[Announcement] = []
        self.announcements_read: set[tuple[str, str]] = set()
        """(person, announcement)"""
        self.pages: dict[str, WrittenPage] = {}
        self.gallery: dict[str, GalleryPost] = {}
        self.plays: dict[str, Play] = {}
        self.likes: dict[tuple[str, str], str] = {}
        """(person, page or post of a gallery), and the id of the like itself"""
        self.note_drafts: dict[str, NoteDraft] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.invites: dict[str, Invite] = {}
        self.decorations: dict[str, Decoration] = {}
        self.registry: dict[tuple[str, str, tuple[str, ...]], dict[str, Kept]] = {}
        """What is kept for apps, by key: (person, app, scope)"""
        self.pinned_people: list[str] = []
        """Whom the keepers show to everybody, by their ids."""
        self.channels: dict[str, Channel] = {}
        self.emojis: dict[str, Emoji] = {}
        self.following: set[tuple[str, str]] = set()
        """(follower, followed)"""
        self.following_replies: set[tuple[str, str]] = set()
        """Follows that show replies to others too (`withReplies`)."""
        self.following_notify: set[tuple[str, str]] = set()
        """Follows that tell of every note (`notify`)."""
        self.follow_requests: set[tuple[str, str]] = set()
        self.blocking: set[tuple[str, str]] = set()
        self.muting: set[tuple[str, str]] = set()
        self.muted_until: dict[tuple[str, str], float] = {}
        """When those mutes end that do."""
        self.renote_muting: set[tuple[str, str]] = set()
        self.memos: dict[tuple[str, str], str] = {}
        """(who wrote it, about whom)"""
        self.lists: dict[str, UserList] = {}
        self.antennas: dict[str, Antenna] = {}
        self.told: dict[str, list[Notification]] = {}
        """What a person was told, but for what notes and reactions tell (`notices.py`)."""
        self.read_until: dict[str, str] = {}
        """The newest notification a person has read."""
        self.channel_following: dict[tuple[str, str], str] = {}
        """(follower, channel), and the id of the following itself"""
        self.favorites: dict[tuple[str, str], str] = {}
        """(person, note), and the id of the favourite itself"""
        self.muted_threads: set[tuple[str, str]] = set()
        """(person, the thread's first note)"""
        self.list_favorites: set[tuple[str, str]] = set()
        """(person, list); in the order they came, the next two"""
        self.clip_favorites: dict[tuple[str, str], None] = {}
        self.channel_favorites: dict[tuple[str, str], None] = {}
        self.chat_messages: dict[str, ChatMessage] = {}
        self.chat_rooms: dict[str, ChatRoom] = {}
        self.chat_approvals: set[tuple[str, str]] = set()
        """(who wrote, to whom): the other may answer."""
        self.chat_marks: set[tuple[str, str]] = set()
        """(person, `user:ID` or `room:ID`): conversations with something new to them."""
        self.chat_news: set[tuple[str, str]] = set()
        """The same as `hasUnreadChatMessages` knows it, which can be emptied at once."""
        self.channel_muting: dict[tuple[str, str], None] = {}
        self.list_replies: set[tuple[str, str]] = set()
        """(list, person) whose replies to others are in it (`withReplies`)"""
        self._ties: dict[tuple[str, str, str], str] = {}
        self._ordered: list[str] = []

    def plant_emoji(self, count: int = 10_000, categories: int = 40) -> None:
        """Give the server so many more custom emoji, in so many categories."""
        plant(self, count, categories)

    # People ---------------------------------------------------------------

    def person(self, username: str, host: str | None = None) -> Person:
        """The person of that name; raises KeyError, as a test's typing error should."""
        found = self.find_person(username, host)
        if found is None:
            raise KeyError(f"nobody is called {username!r} on {host or 'the sandbox'}")
        return found

    def find_person(self, username: str, host: str | None = None) -> Person | None:
        """The person of that name, whatever its case, or None."""
        for person in self.people.values():
            if person.username.lower() == username.lower() and person.host == host:
                return person
        return None

    def locals(self) -> list[Person]:
        """Those who have their account here."""
        return [person for person in self.people.values() if person.host is None]

    def follows(self, follower: Person, followed: Person) -> bool:
        """Whether the first follows the second."""
        return (follower.id, followed.id) in self.following

    # Reading notes --------------------------------------------------------

    def newest_first(self) -> Iterator[Note]:
        """Every note, the newest first."""
        return (self.notes[id] for id in reversed(self._ordered))

    def between(self, since: str | None, until: str | None, ascending: bool) -> Iterator[Note]:
        """The notes whose id lies strictly between, in the order asked for."""
        low = 0 if since is None else bisect_left(self._ordered, since)
        if since is not None and low < len(self._ordered) and self._ordered[low] == since:
            low += 1
        high = len(self._ordered) if until is None else bisect_left(self._ordered, until)
        ids = self._ordered[low:high]
        return (self.notes[id] for id in (ids if ascending else reversed(ids)))

    def is_visible(self, note: Note, me: Person | None) -> bool:
        """Whether `me` (None: signed out) may read the note.

        Followers' notes are also for those who are mentioned or answered.
        """
        if note.visibility in {"public", "home"} or (me and me.id == note.user_id):
            return True
        if me is None:
            return False
        if note.visibility == "specified":
            return me.id in note.visible_user_ids
        return (
            (me.id, note.user_id) in self.following
            or me.id in note.mentions
            or note.reply_user_id == me.id
        )

    def is_hidden_by_mutes(self, note: Note, me: Person) -> bool:
        """Whether lists leave the note out for `me`: muted people, and people who block `me`."""
        target = self.notes.get(note.renote_id or "")
        involved = {note.user_id, note.reply_user_id, target.user_id if target else None}
        return any(
            (me.id, other) in self.muting or (other, me.id) in self.blocking
            for other in involved
            if other is not None and other != me.id
        )

    def in_home_of(self, note: Note, me: Person) -> bool:
        """Whether the note belongs in `me`'s home timeline.

        Notes of oneself, of the people and channels one follows. Replies to
        others only if they are one's own, to oneself, by an author to themself,
        or if the follow asks for them.
        """
        mine = note.user_id == me.id
        followed = (me.id, note.user_id) in self.following and note.channel_id is None
        of_channel = (me.id, note.channel_id) in self.channel_following
        if not (mine or followed or of_channel):
            return False
        if not self.is_visible(note, me) or self.is_hidden_by_mutes(note, me):
            return False
        to = note.reply_user_id
        return (
            mine
            or to is None
            or to in {me.id, note.user_id}
            or (me.id, note.user_id) in self.following_replies
        )

    # Writing notes --------------------------------------------------------

    def add_note(self, note: Note) -> Note:
        """Put a finished note into the world and count it where it answers or shares."""
        self.notes[note.id] = note
        insort(self._ordered, note.id)
        answered = self.notes.get(note.reply_id or "")
        if answered:
            note.thread_id = answered.thread_id or answered.id
        if note.reply_id in self.notes:
            self.notes[note.reply_id].replies_count += 1
        target = self.notes.get(note.renote_id or "")
        if target and target.user_id != note.user_id:
            # Sharing one's own note is not counted (notes-create-renote.json: 0).
            target.renote_count += 1
        self.happened(Event("note", note))
        return note

    def happened(self, event: Event) -> None:
        """Tell those who listen."""
        for listener in self.listeners:
            listener(event)

    def create_note(
        self,
        author: Person,
        *,
        text: str | None = None,
        cw: str | None = None,
        visibility: str = "public",
        local_only: bool = False,
        visible: list[Person] | None = None,
        reply: Note | None = None,
        renote: Note | None = None,
        channel: Channel | None = None,
        files: list[File] | None = None,
        poll: Poll | None = None,
        reaction_acceptance: str | None = None,
        app: App | None = None,
        at: float | None = None,
    ) -> Note:
        """Write a note as the server does once it accepted the call.

        A note is never wider than what it answers or shares, and a note in a
        channel is public and stays on this server.
        """
        created = self.clock.now() if at is None else at
        if reply and reply.channel_id != (channel.id if channel else None):
            channel = self.channels.get(reply.channel_id or "")
        if channel:
            visibility, local_only, visible = "public", True, []
        visibility = _narrowed(visibility, reply, renote)
        if channel is None:
            local_only = local_only or any(t.local_only for t in (reply, renote) if t)
        text = text.strip() if text else None
        readable = CODE.sub(" ", "\n".join([text or "", cw or "", *(poll.choices if poll else [])]))
        mentions = self._mentioned(readable, author)
        if reply and reply.user_id not in {author.id, *mentions}:
            mentions.append(reply.user_id)
        visible_ids: list[str] = []
        if visibility == "specified":
            visible_ids = [person.id for person in visible or []]
            mentions += [id for id in visible_ids if id not in mentions]
            if reply and reply.user_id not in visible_ids:
                visible_ids.append(reply.user_id)
        tags = list(dict.fromkeys(tag.lower() for tag in HASHTAG.findall(readable)))
        return self.add_note(
            Note(
                id=self.ids.at(created),
                created=created,
                user_id=author.id,
                text=text or None,
                cw=cw,
                visibility=visibility,
                local_only=local_only,
                reaction_acceptance=reaction_acceptance,
                visible_user_ids=visible_ids,
                file_ids=[file.id for file in files or []],
                reply_id=reply.id if reply else None,
                reply_user_id=reply.user_id if reply else None,
                renote_id=renote.id if renote else None,
                channel_id=channel.id if channel else None,
                poll=poll,
                mentions=mentions,
                tags=tags,
                app=app,
            )
        )

    def delete_note(self, note: Note) -> None:
        """Remove a note.

        What answered it keeps its `replyId` (FACTS.md C.4, 2025.8); before that
        it went with it, and so did what shared it.
        """
        if self.age.old:
            after = [n for n in self.notes.values() if note.id in {n.reply_id, n.renote_id}]
            for other in after:
                if other.id in self.notes:
                    self.delete_note(other)
        del self.notes[note.id]
        self._ordered.remove(note.id)
        if note.reply_id in self.notes:
            self.notes[note.reply_id].replies_count -= 1
        target = self.notes.get(note.renote_id or "")
        if target and target.user_id != note.user_id:
            target.renote_count -= 1
        self.favorites = {key: id for key, id in self.favorites.items() if key[1] != note.id}
        for clip in self.clips.values():
            clip.notes = [id for id in clip.notes if id != note.id]
        author = self.people[note.user_id]
        author.pinned = [id for id in author.pinned if id != note.id]
        self.happened(Event("deleted", note))

    def drive_usage(self, person: Person) -> int:
        """How many bytes the person's files take."""
        files = self.files.values()
        return sum(file.content.size for file in files if file.user_id == person.id)

    # People and people ----------------------------------------------------

    def tell(
        self,
        person: Person,
        type: str,
        by: Person | None = None,
        *,
        note: Note | None = None,
        at: float | None = None,
        **more: object,
    ) -> None:
        """Put a notification among the person's."""
        created = self.clock.now() if at is None else at
        told = Notification(
            self.ids.at(created),
            created,
            type,
            by.id if by else None,
            note.id if note else None,
            more,
        )
        self.told.setdefault(person.id, []).append(told)
        self.happened(Event("told", person=person, more=told))

    def follow(self, follower: Person, followed: Person) -> None:
        """The one follows the other from now on, and the other hears of it."""
        self.following.add((follower.id, followed.id))
        self.follow_requests.discard((follower.id, followed.id))
        self.tell(followed, "follow", follower)

    def unfollow(self, follower: Person, followed: Person) -> None:
        """The one no longer follows the other."""
        self.following.discard((follower.id, followed.id))
        self.following_replies.discard((follower.id, followed.id))
        self.following_notify.discard((follower.id, followed.id))

    def block(self, blocker: Person, blocked: Person) -> None:
        """Nothing between the two any more."""
        self.blocking.add((blocker.id, blocked.id))
        for one, other in ((blocker, blocked), (blocked, blocker)):
            self.unfollow(one, other)
            self.follow_requests.discard((one.id, other.id))

    def tie(self, kind: str, one: str, other: str) -> str:
        """The id of what ties two together: a following, a mute, a place on a list. Given
        when it is first asked for."""
        if (kind, one, other) not in self._ties:
            self._ties[kind, one, other] = self.ids.at(self.clock.now())
        return self._ties[kind, one, other]

    # Keeping notes --------------------------------------------------------

    def add_favorite(self, person: Person, note: Note, at: float | None = None) -> None:
        """Put the note among the person's favourites."""
        moment = self.clock.now() if at is None else at
        self.favorites[person.id, note.id] = self.ids.at(moment)

    def create_clip(
        self,
        owner: Person,
        name: str,
        description: str | None = None,
        public: bool = False,
        at: float | None = None,
    ) -> Clip:
        """A new clip with nothing in it."""
        moment = self.clock.now() if at is None else at
        clip = Clip(self.ids.at(moment), moment, owner.id, name, description, public)
        self.clips[clip.id] = clip
        return clip

    def clip_note(self, clip: Clip, note: Note, at: float | None = None) -> None:
        """Put the note into the clip."""
        clip.notes.append(note.id)
        clip.last_clipped = self.clock.now() if at is None else at
        note.clipped_count += 1

    def follow_channel(self, person: Person, channel: Channel, at: float | None = None) -> None:
        """Let the channel's notes into the person's home."""
        moment = self.clock.now() if at is None else at
        self.channel_following[person.id, channel.id] = self.ids.at(moment)

    # Reacting -------------------------------------------------------------

    def react(self, note: Note, person: Person, reaction: str) -> None:
        """Set the person's one reaction; raises ALREADY_REACTED if it is the same again."""
        written = self.reaction_name(reaction, note)
        if note.reactions.get(person.id) == written:
            raise ApiError(
                "ALREADY_REACTED",
                "You are already reacting to that note.",
                "71efcf98-86d6-4e2b-b2ad-9d032369366b",
            )
        self.unreact(note, person)
        note.reactions[person.id] = written
        note.reaction_ids[person.id] = self.ids.at(self.clock.now())
        if written not in note.reactions_before:
            note.reactions_before.append(written)
        self.happened(Event("reacted", note, person, written))

    def unreact(self, note: Note, person: Person) -> None:
        """Take the person's reaction away, if there is one."""
        taken = note.reactions.pop(person.id, None)
        note.reaction_ids.pop(person.id, None)
        if taken is not None:
            self.happened(Event("unreacted", note, person, taken))

    def reaction_id(self, note: Note, person_id: str) -> str:
        """The id of the person's reaction; one that was just put there dates from the note."""
        if person_id not in note.reaction_ids:
            note.reaction_ids[person_id] = self.ids.at(note.created)
        return note.reaction_ids[person_id]

    def reaction_name(self, reaction: str, note: Note) -> str:
        """The reaction as it is kept: what nobody knows becomes a heart, without an error."""
        if note.reaction_acceptance == "likeOnly":
            return HEART
        custom = re.fullmatch(r":([\w+-]+)(?:@\.)?:", reaction)
        if custom:
            emoji = self.emojis.get(custom[1])
            careful = (note.reaction_acceptance or "").startswith("nonSensitiveOnly")
            known = emoji is not None and not (careful and emoji.sensitive)
            return f":{custom[1]}@.:" if known else self.age.unknown
        if self.age.v11 and reaction in KEPT_WORDS:
            return reaction
        if reaction in WORDS:
            return self.as_kept(WORDS[reaction] if not self.age.v11 else self.age.unknown)
        shown = reaction if "\u200d" in reaction else reaction.replace("\ufe0f", "")
        if not shown or re.search(r"[\w\s:@]", shown):
            return self.age.unknown
        return self.as_kept(shown)

    def as_kept(self, sign: str) -> str:
        """A Unicode reaction as the server keeps it: v11 has words for ten."""
        return WORD_OF.get(sign, sign) if self.age.v11 else sign

    def _mentioned(self, text: str, author: Person) -> list[str]:
        ids: list[str] = []
        for username, host in MENTION.findall(text):
            here = not host or f"//{host}" in self.origin
            person = self.find_person(username, author.host if here else host)
            if person and person.id not in ids:
                ids.append(person.id)
        return ids


def _narrowed(visibility: str, reply: Note | None, renote: Note | None) -> str:
    if renote and renote.visibility == "followers":
        return "followers"
    for target in (renote, reply):
        if target and target.visibility != "public" and visibility == "public":
            visibility = "home"
    return visibility


def counts(reactions: dict[str, str]) -> dict[str, int]:
    """`{person: reaction}` as the server shows it: `{reaction: how many}`."""
    result: dict[str, int] = {}
    for reaction in reactions.values():
        result[reaction] = result.get(reaction, 0) + 1
    return result


def as_json_number(moment: float | None) -> Any:
    """Milliseconds since 1970, as some answers have them; None stays None."""
    return None if moment is None else int(moment * 1000)
