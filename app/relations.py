"""The table of what one can do to a person, each a row, as `app.actions` has it for notes.

One handler (`views.people`) carries out any of them. A row whose endpoint the server
lacks, or whose permission our app was not given, is not offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask_babel import LazyString, lazy_gettext

from app.misskey.entities.people import Profile
from app.models import Account, Server, now

Form = Mapping[str, str]
_NAME = re.compile(r"[\w.\-]{1,128}", re.ASCII)
_HOST = re.compile(r"[^\s/?#@\\]{1,300}")
LONGEST_MEMO = 2000

MUTE_FOR: dict[str, tuple[LazyString, timedelta | None]] = {
    "hour": (lazy_gettext("An hour"), timedelta(hours=1)),
    "day": (lazy_gettext("A day"), timedelta(days=1)),
    "week": (lazy_gettext("A week"), timedelta(weeks=1)),
    "month": (lazy_gettext("30 days"), timedelta(days=30)),
    "always": (lazy_gettext("Until I unmute them"), None),
}
"""How long one may mute somebody, as the form names it."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One thing to do to a person.

    `parameters` reads what else the call needs from the form, beside the person's id;
    None means that something is missing.
    """

    name: str
    endpoint: str
    permission: str | None
    done: LazyString
    parameters: Callable[[Form], dict[str, Any] | None] = lambda form: {}
    refusals: Mapping[str, LazyString] = field(default_factory=dict)
    """What codes mean here and nowhere else."""


def _until(form: Form) -> dict[str, Any] | None:
    if form.get("until") not in MUTE_FOR:
        return None
    length = MUTE_FOR[form["until"]][1]
    # Milliseconds; left out it is for good. Misskey 11 knows no end and passes over it.
    return {} if length is None else {"expiresAt": int((now() + length).timestamp() * 1000)}


def _memo(form: Form) -> dict[str, Any] | None:
    memo = form.get("memo", "").replace("\r\n", "\n").strip()
    return {"memo": memo} if len(memo) <= LONGEST_MEMO else None


RELATIONS = {
    relation.name: relation
    for relation in (
        Relation(
            "follow", "following/create", "write:following", lazy_gettext("You follow them now.")
        ),
        Relation(
            "ask-to-follow",
            "following/create",
            "write:following",
            lazy_gettext("They were asked. You follow them as soon as they agree."),
        ),
        Relation(
            "unfollow",
            "following/delete",
            "write:following",
            lazy_gettext("You no longer follow them."),
        ),
        Relation(
            "cancel-request",
            "following/requests/cancel",
            "write:following",
            lazy_gettext("Your request is taken back."),
        ),
        Relation(
            "accept-request",
            "following/requests/accept",
            "write:following",
            lazy_gettext("They follow you now."),
        ),
        Relation(
            "reject-request",
            "following/requests/reject",
            "write:following",
            lazy_gettext("The request is turned down. They are not told."),
        ),
        Relation(
            "remove-follower",
            "following/invalidate",
            "write:following",
            lazy_gettext("They no longer follow you."),
            refusals={"NOT_FOLLOWING": lazy_gettext("They did not follow you.")},
        ),
        Relation(
            "tell-of-notes",
            "following/update",
            "write:following",
            lazy_gettext("You are told of everything they post."),
            lambda form: {"notify": "normal"},
        ),
        Relation(
            "tell-no-more",
            "following/update",
            "write:following",
            lazy_gettext("You are not told of what they post any more."),
            lambda form: {"notify": "none"},
        ),
        Relation(
            "show-replies",
            "following/update",
            "write:following",
            lazy_gettext("What they answer others is in your home, too."),
            lambda form: {"withReplies": True},
        ),
        Relation(
            "hide-replies",
            "following/update",
            "write:following",
            lazy_gettext("What they answer others stays out of your home."),
            lambda form: {"withReplies": False},
        ),
        Relation("mute", "mute/create", "write:mutes", lazy_gettext("They are muted."), _until),
        Relation("unmute", "mute/delete", "write:mutes", lazy_gettext("They are not muted now.")),
        Relation(
            "mute-renotes",
            "renote-mute/create",
            "write:mutes",
            lazy_gettext("Their renotes stay out of your timelines."),
        ),
        Relation(
            "unmute-renotes",
            "renote-mute/delete",
            "write:mutes",
            lazy_gettext("Their renotes are in your timelines again."),
        ),
        Relation("block", "blocking/create", "write:blocks", lazy_gettext("They are blocked.")),
        Relation(
            "unblock", "blocking/delete", "write:blocks", lazy_gettext("They are not blocked now.")
        ),
        Relation(
            "memo",
            "users/update-memo",
            "write:account",
            lazy_gettext("Your memo is saved."),
            _memo,
        ),
        Relation(
            "fetch-anew",
            "federation/update-remote-user",
            None,
            lazy_gettext("Their profile was fetched anew from their server."),
        ),
    )
}

QUESTIONS = {
    "block": (
        lazy_gettext("Block this person?"),
        lazy_gettext(
            "You no longer follow each other. They cannot follow you, answer you or react to "
            "your notes, and may notice that."
        ),
        lazy_gettext("Block"),
    ),
    "remove-follower": (
        lazy_gettext("Should this person no longer follow you?"),
        lazy_gettext("They are not told, and can follow you again."),
        lazy_gettext("Remove from your followers"),
    ),
}
"""What is asked before, what comes of it, and the button."""

_REFUSALS = {
    "ALREADY_FOLLOWING": lazy_gettext("You followed them before."),
    "NOT_FOLLOWING": lazy_gettext("You did not follow them."),
    "BLOCKED": lazy_gettext("This person has blocked you."),
    "BLOCKING": lazy_gettext("You have blocked this person. Unblock them first."),
    "FOLLOWER_IS_YOURSELF": lazy_gettext("That is you."),
    "FOLLOWEE_IS_YOURSELF": lazy_gettext("That is you."),
    "MUTEE_IS_YOURSELF": lazy_gettext("That is you."),
    "BLOCKEE_IS_YOURSELF": lazy_gettext("That is you."),
    "FOLLOW_REQUEST_NOT_FOUND": lazy_gettext("There is no such request any more."),
    "NO_FOLLOW_REQUEST": lazy_gettext("There is no such request any more."),
    "ALREADY_MUTING": lazy_gettext("They were muted before."),
    "NOT_MUTING": lazy_gettext("They were not muted."),
    "ALREADY_BLOCKING": lazy_gettext("They were blocked before."),
    "NOT_BLOCKING": lazy_gettext("They were not blocked."),
}


def refusals_of(relation: Relation) -> Mapping[str, LazyString]:
    """What a server's refusals of it mean in words, where they are plain ones."""
    return {**_REFUSALS, **relation.refusals}


def offered(account: Account, server: Server | None) -> frozenset[str]:
    """The names of the rows this account can use at its server. What is not known is
    taken to be there."""
    endpoints = frozenset(server.endpoints) if server else None
    permissions = account.permissions
    return frozenset(
        relation.name
        for relation in RELATIONS.values()
        if (endpoints is None or relation.endpoint in endpoints)
        and (
            relation.permission is None or permissions is None or relation.permission in permissions
        )
    )


def wanted_person(acct: str, account: Account) -> dict[str, str | None] | None:
    """What to ask `users/show` for to find `name` or `name@host`; None if that can be
    nobody's name."""
    username, _, host = acct.partition("@")
    if not _NAME.fullmatch(username) or (host and not _HOST.fullmatch(host)):
        return None
    is_here = not host or host.lower() == account.host
    return {"username": username, "host": None if is_here else host}


def standing(profile: Profile) -> list[LazyString]:
    """How the account and this person stand to each other, in words."""
    said = (
        (profile.is_followed, lazy_gettext("Follows you")),
        (profile.is_following, lazy_gettext("You follow them")),
        (profile.has_pending_follow_request_from_you, lazy_gettext("You asked to follow them")),
        (profile.has_pending_follow_request_to_you, lazy_gettext("Asks to follow you")),
        (profile.is_muted, lazy_gettext("Muted")),
        (profile.is_renote_muted, lazy_gettext("Renotes muted")),
        (profile.is_blocking, lazy_gettext("Blocked")),
        (profile.is_blocked, lazy_gettext("Has blocked you")),
    )
    return [words for is_so, words in said if is_so]
