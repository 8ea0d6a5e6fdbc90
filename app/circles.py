"""Lists of people by how they stand to somebody, and what people made and show: each a row.

The rows of CIRCLES are the account's own, those of OF_PERSON anybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from flask import url_for
from flask_babel import LazyString, lazy_gettext

from app.misskey import Client
from app.misskey.entities.people import Profile, Tie
from app.misskey.entities.things import Named
from app.misskey.entities.works import GalleryPost, Play, Work, WrittenPage
from app.models import Account, Server
from app.stretches import Tab

PEOPLE = 30


@dataclass(frozen=True, slots=True)
class Circle:
    """One such list: who is in it is under `who` in what `endpoint` gives. `undo` names the
    relations (`app.relations`) that can be undone right there."""

    name: str
    endpoint: str
    permission: str | None
    who: Literal["follower", "followee", "mutee", "blockee", "user"]
    label: LazyString
    none: LazyString
    undo: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Some people of a circle, each with when it ends, if it does; `older` is the id to go
    on from, if there may be more."""

    people: list[tuple[Profile, datetime | None]]
    older: str | None


CIRCLES = {
    circle.name: circle
    for circle in (
        Circle(
            "requests",
            "following/requests/list",
            "read:following",
            "follower",
            lazy_gettext("Follow requests"),
            lazy_gettext("Nobody is waiting for your answer."),
            ("accept-request", "reject-request"),
        ),
        Circle(
            "requests-sent",
            "following/requests/sent",
            "read:following",
            "followee",
            lazy_gettext("Requests you sent"),
            lazy_gettext("You are waiting for nobody's answer."),
            ("cancel-request",),
        ),
        Circle(
            "muted",
            "mute/list",
            "read:mutes",
            "mutee",
            lazy_gettext("Muted"),
            lazy_gettext("You have muted nobody."),
            ("unmute",),
        ),
        Circle(
            "renotes-muted",
            "renote-mute/list",
            "read:mutes",
            "mutee",
            lazy_gettext("Renotes muted"),
            lazy_gettext("You have muted nobody's renotes."),
            ("unmute-renotes",),
        ),
        Circle(
            "blocked",
            "blocking/list",
            "read:blocks",
            "blockee",
            lazy_gettext("Blocked"),
            lazy_gettext("You have blocked nobody."),
            ("unblock",),
        ),
    )
}

OF_PERSON = {
    circle.name: circle
    for circle in (
        Circle(
            "following",
            "users/following",
            None,
            "followee",
            lazy_gettext("Following"),
            lazy_gettext("They follow nobody."),
            ("unfollow",),
        ),
        Circle(
            "followers",
            "users/followers",
            None,
            "follower",
            lazy_gettext("Followers"),
            lazy_gettext("Nobody follows them yet."),
            ("remove-follower",),
        ),
        Circle(
            "talks-with",
            "users/get-frequently-replied-users",
            None,
            "user",
            lazy_gettext("Talks with"),
            lazy_gettext("They have answered nobody lately."),
            (),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class MadeBy:
    """Things that somebody made and shows to others; `view` is the page of one of them,
    `key` its argument."""

    endpoint: str
    label: LazyString
    view: str
    key: str
    of: type[Named] | type[Work] = Named
    more: Mapping[str, str] = field(default_factory=dict)
    is_paged: bool = True


MADE_BY = {
    "lists": MadeBy(
        "users/lists/list", lazy_gettext("Lists"), "things.members", "list_id", is_paged=False
    ),
    "clips": MadeBy(
        "users/clips",
        lazy_gettext("Clips"),
        "timelines.thing",
        "thing_id",
        more={"kind": "clips"},
    ),
    "pages": MadeBy(
        "users/pages",
        lazy_gettext("Pages"),
        "works.show",
        "work_id",
        WrittenPage,
        {"work": "pages"},
    ),
    "gallery": MadeBy(
        "users/gallery/posts",
        lazy_gettext("Gallery"),
        "works.show",
        "work_id",
        GalleryPost,
        {"work": "gallery"},
    ),
    "play": MadeBy(
        "users/flashs", lazy_gettext("Play"), "works.show", "work_id", Play, {"work": "play"}
    ),
}


def is_offered(circle: Circle, account: Account, server: Server | None) -> bool:
    """Whether the server has it and our app the permission. What is not known is taken to
    be there."""
    if server is not None and circle.endpoint not in server.endpoints:
        return False
    permissions = account.permissions
    return circle.permission is None or permissions is None or circle.permission in permissions


def read(client: Client, circle: Circle, *, until: str | None, **of_whom: Any) -> Found:
    """Who is in it, the last to come first, from the id `until` on. Raises MisskeyErrors."""
    page = client.page(circle.endpoint, of=Tie, limit=PEOPLE, untilId=until, **of_whom)
    ties = page.items
    named = ((getattr(tie, circle.who), tie.expires_at) for tie in ties)
    people = [(who, ends) for who, ends in named if who is not None]
    is_full = len(ties) + page.unreadable >= PEOPLE
    # What has no id of its own is not paged.
    return Found(people, ties[-1].id or None if is_full and ties else None)


def made_tabs(profile: Profile, server: Server | None, here: MadeBy | None = None) -> list[Tab]:
    """Links to what this person made and shows, as far as the server can tell; there is
    none for people of other servers."""
    if profile.host is not None:
        return []
    return [
        (row.label, url_for("circles.made_by", acct=profile.username, theirs=name), row is here)
        for name, row in MADE_BY.items()
        if server is None or row.endpoint in server.endpoints
    ]
