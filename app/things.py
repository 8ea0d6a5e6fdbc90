"""Lists, antennas, clips and channels: how each is made, changed and deleted, as rows of a
table. Their notes are in `app.timelines`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from flask_babel import LazyString, gettext, lazy_gettext

from app.doing import Refusals
from app.misskey import NULL
from app.misskey.entities.things import Antenna, ChannelDetail, Clip, Named, UserList
from app.models import Account, Server
from app.problems import Problem
from app.timelines import KINDS, Kind, misskey_id

Form = Mapping[str, str]
Values = dict[str, str]
"""What stands in the fields of a form, by their names; a box that is ticked holds "1"."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
USUAL_COLOUR = "#86b300"


# Fields -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Control:
    """How a value of the API stands in a field of a form, and back. `part` names the macro
    that draws it."""

    part: str
    shown: Callable[[Any], str]
    sent: Callable[[str], Any]


def _lines(raw: str) -> list[str]:
    return [line.strip() for line in raw.splitlines() if line.strip()]


LINE = Control("line", lambda value: value or "", str.strip)
# Older servers refuse an empty description, and take null for none.
TEXT = Control("text", lambda value: value or "", lambda raw: raw.strip() or NULL)
FLAG = Control("flag", lambda value: "1" if value else "", lambda raw: raw == "1")
CHOICE = Control("choice", lambda value: value or "", str)
COLOUR = Control("colour", lambda value: value or USUAL_COLOUR, str)
ONE_LIST = Control("choice", lambda value: value or "", lambda raw: raw or NULL)
NAMES = Control("text", lambda value: "\n".join(value or []), _lines)
# Words of one line go together, and each line will do by itself.
WORDS = Control(
    "text",
    lambda value: "\n".join(" ".join(together) for together in value or []),
    lambda raw: [line.split() for line in _lines(raw)],
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form, under the API's own name for it.

    `only_later` is true for what can't be said when the thing is made. `usual` stands in an
    empty form. A text has so many `rows`, and `is_code` if a machine reads it.
    """

    key: str
    control: Control
    label: LazyString
    hint: LazyString | None = None
    longest: int | None = None
    is_required: bool = False
    only_later: bool = False
    usual: str = ""
    choices: Mapping[str, LazyString] | None = None
    rows: int = 3
    is_code: bool = False


def _name(longest: int) -> Field:
    return Field("name", LINE, lazy_gettext("Name"), longest=longest, is_required=True)


_DESCRIPTION = Field("description", TEXT, lazy_gettext("What it is about (optional)"), longest=2048)
SOURCES = {
    "all": lazy_gettext("Everybody"),
    "users": lazy_gettext("These people"),
    "users_blacklist": lazy_gettext("Everybody but these people"),
    "list": lazy_gettext("The people on a list"),
    "home": lazy_gettext("People you follow (old servers only)"),
}
"""Whom an antenna listens to."""


# Kinds ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shelf:
    """Some things of a kind, beside those that its page shows by itself."""

    name: str
    label: LazyString
    endpoint: str
    permission: str | None
    none: LazyString


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do to a thing there is, with nothing but its id."""

    name: str
    endpoint: str
    permission: str
    done: LazyString


@dataclass(frozen=True, slots=True)
class Making:
    """How things of one kind are made and changed.

    `of` is one of them as the server tells of it. `delete` is None where nothing deletes
    them. `shelves` are more lists of them, `deeds` what else can be done to one.
    """

    kind: Kind
    of: type[Named]
    permission: str
    create: str
    update: str
    delete: str | None
    fields: tuple[Field, ...]
    new: LazyString
    change: LazyString
    ask: LazyString
    lost: LazyString
    shelves: tuple[Shelf, ...] = ()
    deeds: tuple[Deed, ...] = ()

    def deed(self, name: str) -> Deed | None:
        """The deed of that name."""
        return next((deed for deed in self.deeds if deed.name == name), None)

    def shelf(self, name: str | None) -> Shelf | None:
        """The shelf of that name."""
        return next((shelf for shelf in self.shelves if shelf.name == name), None)


def _favouring(endpoints: str, permission: str) -> tuple[Deed, Deed]:
    return (
        Deed(
            "favourite",
            f"{endpoints}/favorite",
            permission,
            lazy_gettext("It is among your favourites now."),
        ),
        Deed(
            "unfavourite",
            f"{endpoints}/unfavorite",
            permission,
            lazy_gettext("It is no longer among your favourites."),
        ),
    )


_NO_FAVOURITES = lazy_gettext("None of them is among your favourites.")

MAKINGS = {
    making.kind.name: making
    for making in (
        Making(
            KINDS["lists"],
            UserList,
            "write:account",
            "users/lists/create",
            "users/lists/update",
            "users/lists/delete",
            (
                _name(100),
                Field(
                    "isPublic",
                    FLAG,
                    lazy_gettext("Others may see who is on it"),
                    only_later=True,
                ),
            ),
            new=lazy_gettext("New list"),
            change=lazy_gettext("Change this list"),
            ask=lazy_gettext("Delete this list?"),
            lost=lazy_gettext("You go on following the people on it, or not, as before."),
            deeds=_favouring("users/lists", "write:account"),
        ),
        Making(
            KINDS["antennas"],
            Antenna,
            "write:account",
            "antennas/create",
            "antennas/update",
            "antennas/delete",
            (
                _name(100),
                Field(
                    "src",
                    CHOICE,
                    lazy_gettext("Whose notes it listens to"),
                    usual="all",
                    choices=SOURCES,
                ),
                Field(
                    "users",
                    NAMES,
                    lazy_gettext("People"),
                    lazy_gettext("One handle a line, such as @bob or @juno@far.example."),
                ),
                Field("userListId", ONE_LIST, lazy_gettext("List"), choices={}),
                Field(
                    "keywords",
                    WORDS,
                    lazy_gettext("Words to listen for"),
                    lazy_gettext("A note is caught if it has all words of one line."),
                ),
                Field(
                    "excludeKeywords",
                    WORDS,
                    lazy_gettext("Words to leave out"),
                    lazy_gettext("A note is left out if it has all words of one line."),
                ),
                Field("caseSensitive", FLAG, lazy_gettext("Capital letters matter")),
                Field("withReplies", FLAG, lazy_gettext("Replies, too")),
                Field("withFile", FLAG, lazy_gettext("Only notes with files")),
                Field("localOnly", FLAG, lazy_gettext("Only people of your server")),
                Field("excludeBots", FLAG, lazy_gettext("No bots")),
                Field(
                    "excludeNotesInSensitiveChannel",
                    FLAG,
                    lazy_gettext("Nothing from sensitive channels"),
                ),
            ),
            new=lazy_gettext("New antenna"),
            change=lazy_gettext("Change this antenna"),
            ask=lazy_gettext("Delete this antenna?"),
            lost=lazy_gettext("The notes it caught stay where they are."),
        ),
        Making(
            KINDS["clips"],
            Clip,
            "write:account",
            "clips/create",
            "clips/update",
            "clips/delete",
            (
                _name(100),
                _DESCRIPTION,
                Field("isPublic", FLAG, lazy_gettext("Everybody may see it")),
            ),
            new=lazy_gettext("New clip"),
            change=lazy_gettext("Change this clip"),
            ask=lazy_gettext("Delete this clip?"),
            lost=lazy_gettext("The notes in it stay where they are."),
            shelves=(
                Shelf(
                    "favourites",
                    lazy_gettext("Favourites"),
                    "clips/my-favorites",
                    "read:clip-favorite",
                    _NO_FAVOURITES,
                ),
            ),
            deeds=_favouring("clips", "write:clip-favorite"),
        ),
        Making(
            KINDS["channels"],
            ChannelDetail,
            "write:channels",
            "channels/create",
            "channels/update",
            None,
            (
                _name(128),
                _DESCRIPTION,
                Field("color", COLOUR, lazy_gettext("Colour"), usual=USUAL_COLOUR),
                Field("isSensitive", FLAG, lazy_gettext("It is about something sensitive")),
                Field(
                    "allowRenoteToExternal",
                    FLAG,
                    lazy_gettext("Its notes may be renoted outside of it"),
                    usual="1",
                ),
                Field(
                    "isArchived",
                    FLAG,
                    lazy_gettext("Closed: it can be read, and nobody posts to it any more"),
                    only_later=True,
                ),
            ),
            new=lazy_gettext("New channel"),
            change=lazy_gettext("Change this channel"),
            ask=lazy_gettext("Delete this channel?"),
            lost=lazy_gettext("Channels stay."),
            shelves=(
                Shelf(
                    "owned",
                    lazy_gettext("Made by you"),
                    "channels/owned",
                    "read:channels",
                    lazy_gettext("You have made no channel."),
                ),
                Shelf(
                    "favourites",
                    lazy_gettext("Favourites"),
                    "channels/my-favorites",
                    "read:channels",
                    _NO_FAVOURITES,
                ),
                Shelf(
                    "featured",
                    lazy_gettext("Featured"),
                    "channels/featured",
                    None,
                    lazy_gettext("There is nothing here."),
                ),
                Shelf(
                    "muted",
                    lazy_gettext("Muted"),
                    "channels/mute/list",
                    "read:channels",
                    lazy_gettext("You have muted no channel."),
                ),
            ),
            deeds=(
                Deed(
                    "follow",
                    "channels/follow",
                    "write:channels",
                    lazy_gettext("You follow the channel now. Its notes are in your home."),
                ),
                Deed(
                    "unfollow",
                    "channels/unfollow",
                    "write:channels",
                    lazy_gettext("You no longer follow the channel."),
                ),
                *_favouring("channels", "write:channels"),
                Deed(
                    "mute",
                    "channels/mute/create",
                    "write:channels",
                    lazy_gettext("Its notes stay out of your timelines."),
                ),
                Deed(
                    "unmute",
                    "channels/mute/delete",
                    "write:channels",
                    lazy_gettext("Its notes are in your timelines again."),
                ),
            ),
        ),
    )
}

REFUSALS: Refusals = {
    "TOO_MANY_USERLISTS": lazy_gettext("You have as many lists as your server allows."),
    "TOO_MANY_ANTENNAS": lazy_gettext("You have as many antennas as your server allows."),
    "TOO_MANY_CLIPS": lazy_gettext("You have as many clips as your server allows."),
    "TOO_MANY_USERS": lazy_gettext("This list is full."),
    "ALREADY_ADDED": lazy_gettext("They were on this list before."),
    "ALREADY_FAVORITED": lazy_gettext("It was among your favourites before."),
    "NOT_FAVORITED": lazy_gettext("It was not among your favourites."),
    "ALREADY_MUTING_CHANNEL": lazy_gettext("You had muted it before."),
    "NOT_MUTING_CHANNEL": lazy_gettext("You had not muted it."),
    "YOU_HAVE_BEEN_BLOCKED": lazy_gettext("This person has blocked you."),
    "ACCESS_DENIED": lazy_gettext("Only the person who made it can do this."),
    "EMPTY_KEYWORD": lazy_gettext("Give the antenna at least one word."),
    "NO_SUCH_USER_LIST": lazy_gettext("This list is not there any more."),
    "NO_SUCH_USER": lazy_gettext("There is nobody of that name."),
    "FAILED_TO_RESOLVE_REMOTE_USER": lazy_gettext("There is nobody of that name."),
}


# Forms ------------------------------------------------------------------------------------


def empty(making: Making) -> Values:
    """The form for a new one."""
    return {field.key: field.usual for field in making.fields}


def values_of(making: Making, thing: Named) -> Values:
    """What there is of `thing`, as it stands in its form."""
    told = msgspec.to_builtins(thing)
    return {field.key: field.control.shown(told.get(field.key)) for field in making.fields}


def from_form(making: Making, form: Form) -> Values:
    """What was typed."""
    return {field.key: form.get(field.key, "").replace("\r\n", "\n") for field in making.fields}


def problem_with(making: Making, values: Values) -> Problem | None:
    """Why this can't be sent, in words; None if it can."""
    for field in making.fields:
        problem = problem_in(field, values[field.key])
        if problem is not None:
            return problem
    return _problem_of_antenna(values) if making.of is Antenna else None


def problem_in(field: Field, raw: str) -> Problem | None:
    """Why this can't stand in the field, in words; None if it can."""
    if field.is_required and not raw.strip():
        return Problem(gettext("Give it a name."), field=field.key)
    if field.longest is not None and len(raw.strip()) > field.longest:
        words = gettext("This is too long: up to %(longest)s characters.", longest=field.longest)
        return Problem(words, field=field.key)
    if field.control is CHOICE and raw not in (field.choices or {}):
        return Problem(gettext("Choose one of these."), field=field.key)
    if field.control is COLOUR and not _COLOUR.fullmatch(raw):
        return Problem(gettext("Write the colour as in #86b300."), field=field.key)
    if field.control is ONE_LIST and raw and not misskey_id(raw):
        return Problem(gettext("Choose one of these."), field=field.key)
    return None


def _problem_of_antenna(values: Values) -> Problem | None:
    if values["src"] == "list" and not values["userListId"]:
        return Problem(gettext("Choose the list it listens to."), field="userListId")
    if values["src"].startswith("users") and not _lines(values["users"]):
        return Problem(gettext("Say which people."), field="users")
    if not _lines(values["keywords"]) and not _lines(values["excludeKeywords"]):
        return Problem(gettext("Give the antenna at least one word."), field="keywords")
    return None


def parameters(making: Making, values: Values, *, is_new: bool) -> dict[str, Any]:
    """What to send: every field there is, for servers before 2024 want them all, and pass
    over those they do not know (FACTS C.3)."""
    sent = {
        field.key: field.control.sent(values[field.key])
        for field in making.fields
        if not (is_new and field.only_later)
    }
    if is_new:
        sent = {key: None if value is NULL else value for key, value in sent.items()}
    if making.of is Antenna:
        # Misskey 12 wants `notify`, and one of its forks its own name for `localOnly`.
        sent |= {"notify": False, "local": sent["localOnly"]}
    return sent


def is_own(thing: Named, account: Account) -> bool:
    """Whether the account made it. Servers show lists and antennas to their makers alone."""
    if isinstance(thing, Clip):
        return thing.user is None or thing.user.id == account.user_id
    if isinstance(thing, ChannelDetail):
        return thing.user_id == account.user_id
    return True


def deeds_for(thing: Named) -> frozenset[str]:
    """The deeds that make sense, as far as the server tells how it stands."""
    if isinstance(thing, UserList):
        # One's own list is none to be kept in mind.
        return frozenset()
    deeds = {"unfavourite" if getattr(thing, "is_favorited", None) else "favourite"}
    if isinstance(thing, ChannelDetail):
        deeds |= {
            "unfollow" if thing.is_following else "follow",
            "unmute" if thing.is_muting else "mute",
        }
    return frozenset(deeds)


def offered(making: Making, account: Account, server: Server | None) -> frozenset[str]:
    """What the account can do with things of this kind at its server: `create`, `update`,
    `delete`, `members` and the names of deeds and shelves. What is not known is taken to
    be there."""
    endpoints = frozenset(server.endpoints) if server else None
    permissions = account.permissions
    rows = [
        ("create", making.create, making.permission),
        ("update", making.update, making.permission),
        ("delete", making.delete, making.permission),
        *((deed.name, deed.endpoint, deed.permission) for deed in making.deeds),
        *((shelf.name, shelf.endpoint, shelf.permission) for shelf in making.shelves),
    ]
    if making.of is UserList:
        rows += [
            ("members", "users/lists/push", making.permission),
            ("replies", "users/lists/update-membership", making.permission),
            ("copy", "users/lists/create-from-public", making.permission),
        ]
    return frozenset(
        name
        for name, endpoint, permission in rows
        if endpoint is not None
        and (endpoints is None or endpoint in endpoints)
        and (permission is None or permissions is None or permission in permissions)
    )
