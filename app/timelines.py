"""The table of timelines. A timeline is a row; one view serves them all, and they page
by id, never by number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import LazyString, lazy_gettext

from app.misskey import Client, Note
from app.misskey.entities.notes import Favourite, NoteReaction
from app.models import Account, Server
from app.standing import may

NOTES_PER_PAGE = 20
_ID = re.compile(r"[A-Za-z0-9]{1,64}")


@dataclass(frozen=True, slots=True)
class Timeline:
    """One kind of list of notes: the endpoint that gives it and its parameters.

    `policy` is what the account's roles must allow. `filters` are those of FILTERS that
    the endpoint knows. `of` is what the endpoint lists: notes, or things that hold one
    and are paged by ids of their own. Not every endpoint pages (`is_paged`). `channel` is
    that of the streaming API, where there is one (FACTS D.4).
    """

    name: str
    endpoint: str
    label: LazyString | str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    permission: str | None = "read:account"
    policy: str | None = None
    filters: tuple[str, ...] = ()
    of: type[Note] | type[Favourite] | type[NoteReaction] = Note
    is_paged: bool = True
    channel: str | None = None

    @property
    def thing(self) -> str:
        """What it is the timeline of: the id of a list or the like, or a tag."""
        return str(next(iter(self.params.values()), ""))

    @property
    def channel_params(self) -> Mapping[str, Any]:
        """What its channel wants to know."""
        # A choice of several, each of tags that a note must all have.
        return {"q": [[self.thing]]} if self.channel == "hashtag" else self.params

    @property
    def path(self) -> str:
        """The address of a timeline that needs nothing but its name."""
        return "/" if self.name == "home" else f"/timelines/{self.name}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a timeline, newest first. `newest` and `oldest` are the ids to go on
    from; `is_full` says that more may follow."""

    items: list[Note]
    unreadable: int = 0
    newest: str | None = None
    oldest: str | None = None
    is_full: bool = False


# Each name is what the query says when it differs from what a page shows by itself.
# Old and new names of the parameters are sent together, for servers ignore those they do
# not know (FACTS C.3); the three old ones work only together (DIFFERENCES, Notes).
FILTERS: dict[str, tuple[LazyString, LazyString, Mapping[str, Any]]] = {
    "no-renotes": (
        lazy_gettext("Without renotes"),
        lazy_gettext("With renotes"),
        {
            "withRenotes": False,
            "includeMyRenotes": False,
            "includeRenotedMyNotes": False,
            "includeLocalRenotes": False,
        },
    ),
    "replies": (
        lazy_gettext("With replies to others"),
        lazy_gettext("Without replies to others"),
        {"withReplies": True},
    ),
    "files": (
        lazy_gettext("Only with files"),
        lazy_gettext("With and without files"),
        {"withFiles": True},
    ),
}
"""Words to switch each on, words to switch it off again, and what is sent."""

# Where the three old parameters do what withRenotes does, servers of any age can.
_OLD_CAN_DROP_RENOTES = ("notes/timeline", "notes/hybrid-timeline", "notes/user-list-timeline")

HOME = Timeline(
    "home",
    "notes/timeline",
    lazy_gettext("Home"),
    filters=("no-renotes", "files"),
    channel="homeTimeline",
)
TIMELINES: dict[str, Timeline] = {
    timeline.name: timeline
    for timeline in (
        Timeline(
            "local",
            "notes/local-timeline",
            lazy_gettext("Local"),
            permission=None,
            policy="ltlAvailable",
            filters=("no-renotes", "replies", "files"),
            channel="localTimeline",
        ),
        Timeline(
            "social",
            "notes/hybrid-timeline",
            lazy_gettext("Social"),
            policy="ltlAvailable",
            filters=("no-renotes", "replies", "files"),
            channel="hybridTimeline",
        ),
        Timeline(
            "global",
            "notes/global-timeline",
            lazy_gettext("Global"),
            permission=None,
            policy="gtlAvailable",
            filters=("no-renotes", "files"),
            channel="globalTimeline",
        ),
        Timeline(
            "featured", "notes/featured", lazy_gettext("Featured"), permission=None, is_paged=False
        ),
        Timeline("polls", "notes/polls/recommendation", lazy_gettext("Open polls"), is_paged=False),
        Timeline("mentions", "notes/mentions", lazy_gettext("Mentions")),
        Timeline(
            "direct",
            "notes/mentions",
            lazy_gettext("Direct notes"),
            {"visibility": "specified"},
        ),
        Timeline(
            "favourites",
            "i/favorites",
            lazy_gettext("Favourites"),
            permission="read:favorites",
            of=Favourite,
        ),
    )
}
"""Those that need nothing but their name; their pages are `/timelines/<name>`."""

MAY_BE_TABS = {timeline.name: timeline for timeline in (HOME, *TIMELINES.values())}
"""Those that may stand side by side at the top, in the person's own order."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that has a timeline each: its page is `/<name>/<id>`.

    `key` is the parameter that takes a thing's id; `listed_by` gives those of the account,
    `shown_by` one of them.
    """

    name: str
    label: LazyString
    none: LazyString
    key: str
    listed_by: str
    shown_by: str
    notes: Timeline

    def timeline(self, thing_id: str, name: str) -> Timeline:
        """The notes of the thing of that id, which is called `name`."""
        return replace(self.notes, label=name, params={self.key: thing_id})


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "lists",
            lazy_gettext("Lists"),
            lazy_gettext("You have no lists."),
            "listId",
            "users/lists/list",
            "users/lists/show",
            Timeline(
                "list",
                "notes/user-list-timeline",
                filters=("no-renotes", "files"),
                channel="userList",
            ),
        ),
        Kind(
            "antennas",
            lazy_gettext("Antennas"),
            lazy_gettext("You have no antennas."),
            "antennaId",
            "antennas/list",
            "antennas/show",
            Timeline("antenna", "antennas/notes", channel="antenna"),
        ),
        Kind(
            "clips",
            lazy_gettext("Clips"),
            lazy_gettext("You have no clips."),
            "clipId",
            "clips/list",
            "clips/show",
            Timeline("clip", "clips/notes"),
        ),
        Kind(
            "channels",
            lazy_gettext("Channels"),
            lazy_gettext("You follow no channels."),
            "channelId",
            "channels/followed",
            "channels/show",
            Timeline("channel", "channels/timeline", permission="read:channels", channel="channel"),
        ),
    )
}
"""Things of the account that have a timeline each."""


_WITH = {"withReplies": True, "includeReplies": True}
_WITHOUT = {"withReplies": False, "includeReplies": False}
_OF_PERSON: dict[str, Mapping[str, Any]] = {
    "notes": {**_WITHOUT, "withRenotes": True, "includeMyRenotes": True},
    "replies": {**_WITH, "withRenotes": True, "includeMyRenotes": True},
    "media": {**_WITHOUT, "withRenotes": False, "includeMyRenotes": False, "withFiles": True},
}


def of_person(user_id: str, tab: str = "notes") -> Timeline:
    """What a person wrote: their `notes`, those and their `replies`, only what has `media`;
    what people liked most of it (`featured`); or the notes they reacted to (`reactions`)."""
    if tab == "featured":
        return Timeline(tab, "users/featured-notes", params={"userId": user_id}, permission=None)
    if tab == "reactions":
        return Timeline(
            tab, "users/reactions", params={"userId": user_id}, permission=None, of=NoteReaction
        )
    return Timeline(
        tab, "users/notes", params={"userId": user_id, **_OF_PERSON[tab]}, permission=None
    )


def of_tag(tag: str) -> Timeline:
    """Notes with a hashtag."""
    return Timeline(
        "tag", "notes/search-by-tag", f"#{tag}", {"tag": tag}, permission=None, channel="hashtag"
    )


def of_role(role_id: str, name: str) -> Timeline:
    """What those write who have a role."""
    return Timeline("role", "roles/notes", name, {"roleId": role_id})


def of_search(words: str) -> Timeline:
    """Notes in which the words are."""
    return Timeline("search", "notes/search", words, {"query": words}, permission=None)


def streamed(name: str, thing: str) -> Timeline | None:
    """The timeline of that name, of that thing where there are several, if it has a channel."""
    if name == "tag":
        return of_tag(thing) if thing else None
    for kind in KINDS.values():
        if kind.notes.name == name and kind.notes.channel and misskey_id(thing):
            return kind.timeline(thing, name)
    timeline = HOME if name == HOME.name else TIMELINES.get(name)
    return timeline if timeline is not None and timeline.channel else None


def lets_through(filters: tuple[str, ...], note: Note) -> bool:
    """Whether the filters that are on show `note`: servers before 2023.10 apply none of
    them to what they stream (FACTS D.4)."""
    if "no-renotes" in filters and note.is_pure_renote:
        return False
    return "files" not in filters or bool(note.files)


def misskey_id(text: str | None) -> str | None:
    """`text` if it could be an id of Misskey's (FACTS C.1), else None. Ids are opaque:
    aid, aidx, meid, ulid and ObjectId are all letters and digits."""
    return text if text and _ID.fullmatch(text) else None


def is_offered(timeline: Timeline, account: Account, server: Server | None) -> bool:
    """Whether the server has the endpoint, our app the permission, and the account's
    roles allow it. What is not known is taken to be there."""
    if server is not None and timeline.endpoint not in server.endpoints:
        return False
    permission = timeline.permission
    if permission and account.permissions is not None and permission not in account.permissions:
        return False
    return timeline.policy is None or may(account, timeline.policy)


def filters_of(timeline: Timeline, server: Server | None) -> tuple[str, ...]:
    """The filters that a server of that age understands for this timeline."""
    # What came a month after withRenotes and withReplies stands for them (FACTS C.2, C.3).
    is_new = server is None or "i/notifications-grouped" in server.endpoints
    return tuple(
        name
        for name in timeline.filters
        if is_new
        or name == "files"
        or (name == "no-renotes" and timeline.endpoint in _OLD_CAN_DROP_RENOTES)
    )


def read(
    client: Client,
    timeline: Timeline,
    *,
    until: str | None = None,
    since: str | None = None,
    filters: tuple[str, ...] = (),
    per_page: int = NOTES_PER_PAGE,
) -> Stretch:
    """One page of `timeline`, newest first: what is older than the id `until`, or what
    is newer than the id `since`, or the newest. Raises MisskeyErrors."""
    params = dict(timeline.params)
    for name in filters:
        params |= FILTERS[name][2]
    page = client.page(
        timeline.endpoint,
        of=timeline.of,
        limit=per_page,
        untilId=until,
        sinceId=None if until else since,
        **params,
    )
    listed = page.items
    if since and not until:
        # sinceId alone gives the oldest first (FACTS C.1).
        listed.reverse()
    notes = [note for item in listed if (note := _note_of(item)) is not None]
    return Stretch(
        notes,
        page.unreadable,
        newest=listed[0].id if listed and timeline.is_paged else None,
        oldest=listed[-1].id if listed and timeline.is_paged else None,
        is_full=len(listed) + page.unreadable >= per_page,
    )


def _note_of(item: Note | Favourite | NoteReaction) -> Note | None:
    return item if isinstance(item, Note) else item.note
