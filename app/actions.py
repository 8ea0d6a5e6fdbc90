"""The table of actions: what one can do to a note, each a row.

One handler (`views.acting`) carries out any of them: it makes the call, leaves a
sentence, and goes back to the note. An action whose endpoint the server lacks, or whose
permission our app was not given, is not offered (`offered`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, lazy_gettext

from app.misskey import ApiError, Note
from app.models import Account, Server

Form = Mapping[str, str]
Parameters = Callable[[Form], dict[str, Any] | None]

_LONGEST_REACTION = 300


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do to a note.

    `parameters` reads what else the call needs from the form, beside the note's id; None
    means that something is missing. `note_key` is the name of that id. `once` is true
    where a second call would do it a second time, so that a double click must not.
    `ends_note` is true where the note is not there afterwards.
    """

    name: str
    endpoint: str
    permission: str
    done: LazyString
    parameters: Parameters = lambda form: {}
    note_key: str = "noteId"
    once: bool = False
    ends_note: bool = False


def _reaction(form: Form) -> dict[str, Any] | None:
    # `:name@.:` as counts have it, or `:name:`; servers take both (FACTS C.4).
    reaction = form.get("reaction", "").strip()
    return {"reaction": reaction} if 0 < len(reaction) <= _LONGEST_REACTION else None


def _renote(form: Form) -> dict[str, Any] | None:
    visibility = form.get("visibility", "public")
    if visibility not in ("public", "home", "followers"):
        return None
    channel = form.get("channel_id") or None
    parameters: dict[str, Any] = {"visibility": visibility}
    if channel:
        if not channel.isalnum():
            return None
        parameters["channelId"] = channel
    return parameters


def _choice(form: Form) -> dict[str, Any] | None:
    choice = form.get("choice", "")
    return {"choice": int(choice)} if choice.isdigit() and len(choice) < 3 else None


def _clip(form: Form) -> dict[str, Any] | None:
    clip = form.get("clip_id", "")
    return {"clipId": clip} if clip.isalnum() else None


ACTIONS = {
    action.name: action
    for action in (
        Action(
            "react",
            "notes/reactions/create",
            "write:reactions",
            lazy_gettext("You reacted."),
            _reaction,
        ),
        Action(
            "unreact",
            "notes/reactions/delete",
            "write:reactions",
            lazy_gettext("Your reaction is taken back."),
        ),
        Action(
            "renote",
            "notes/create",
            "write:notes",
            lazy_gettext("Renoted."),
            _renote,
            note_key="renoteId",
            once=True,
        ),
        # Not notes/unrenote, which deletes the person's quotes of the note as well, words and
        # all. The renote is a note of its own, and it is that one which goes.
        Action(
            "unrenote",
            "notes/delete",
            "write:notes",
            lazy_gettext("Your renote is taken back."),
            ends_note=True,
        ),
        Action(
            "vote", "notes/polls/vote", "write:votes", lazy_gettext("Your vote is in."), _choice
        ),
        Action(
            "favourite",
            "notes/favorites/create",
            "write:favorites",
            lazy_gettext("It is among your favourites now."),
        ),
        Action(
            "unfavourite",
            "notes/favorites/delete",
            "write:favorites",
            lazy_gettext("It is no longer among your favourites."),
        ),
        Action(
            "clip",
            "clips/add-note",
            "write:account",
            lazy_gettext("The note is in your clip."),
            _clip,
        ),
        Action(
            "unclip",
            "clips/remove-note",
            "write:account",
            lazy_gettext("The note is out of your clip."),
            _clip,
        ),
        Action("pin", "i/pin", "write:account", lazy_gettext("Pinned to your profile.")),
        Action("unpin", "i/unpin", "write:account", lazy_gettext("No longer pinned.")),
        Action(
            "mute-thread",
            "notes/thread-muting/create",
            "write:account",
            lazy_gettext("You get no notifications from this thread any more."),
        ),
        Action(
            "unmute-thread",
            "notes/thread-muting/delete",
            "write:account",
            lazy_gettext("You get notifications from this thread again."),
        ),
    )
}

_REFUSALS = {
    "ALREADY_REACTED": lazy_gettext("You reacted with this before."),
    "NOT_REACTED": lazy_gettext("You have no reaction there."),
    "CANNOT_REACT_TO_RENOTE": lazy_gettext("React to the note itself, not to its renote."),
    "ALREADY_VOTED": lazy_gettext("You have voted before."),
    "ALREADY_EXPIRED": lazy_gettext("This poll is over."),
    "NO_POLL": lazy_gettext("There is no poll on this note."),
    "INVALID_CHOICE": lazy_gettext("The poll has no such answer."),
    "ALREADY_FAVORITED": lazy_gettext("It was among your favourites before."),
    "NOT_FAVORITED": lazy_gettext("It was not among your favourites."),
    "ALREADY_CLIPPED": lazy_gettext("The note was in this clip before."),
    "TOO_MANY_CLIP_NOTES": lazy_gettext("This clip is full."),
    "ALREADY_PINNED": lazy_gettext("It was pinned before."),
    "PIN_LIMIT_EXCEEDED": lazy_gettext("You have pinned as many notes as your server allows."),
    "YOU_HAVE_BEEN_BLOCKED": lazy_gettext("This person has blocked you."),
    "CANNOT_RENOTE_TO_A_PURE_RENOTE": lazy_gettext("Renote the note itself, not its renote."),
    "CANNOT_RENOTE_DUE_TO_VISIBILITY": lazy_gettext("This note is not for passing on."),
    "CANNOT_RENOTE_OUTSIDE_OF_CHANNEL": lazy_gettext("This note stays in its channel."),
}


def refusal(error: ApiError) -> LazyString | None:
    """What a server's refusal of an action means in words, where it is one of the plain
    ones: it was so already, or it can't be."""
    return _REFUSALS.get(error.code)


def offered(account: Account, server: Server | None) -> frozenset[str]:
    """The names of the actions this account can do at its server: the server has the
    endpoint, and our app the permission. What is not known is taken to be there."""
    endpoints = frozenset(server.endpoints) if server else None
    permissions = account.permissions
    return frozenset(
        action.name
        for action in ACTIONS.values()
        if (endpoints is None or action.endpoint in endpoints)
        and (permissions is None or action.permission in permissions)
    )


def can_be_renoted(note: Note, account: Account) -> bool:
    """Whether the official server would let `account` renote `note`: public and home
    notes, and one's own for followers."""
    if note.visibility in ("public", "home"):
        return note.channel is None or note.channel.allow_renote_to_external is not False
    return note.visibility == "followers" and note.user.id == account.user_id
