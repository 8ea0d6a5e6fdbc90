"""The settings of an account at its server: the table of what `i/update` takes.

A setting is a row: its name in `i` and in `i/update`, its words, and its kind, which says
how a value becomes what a form shows and back. `/settings/<group>` is one page for each
group of rows. What a server does not take is not on the page (`offered`).

A page saves only what was changed on it. It carries what it showed of each setting as a
signed list of digests (`seal`), so that a value somebody changed elsewhere meanwhile, and
left alone here, stays as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from flask import current_app, url_for
from flask_babel import LazyString, gettext, lazy_gettext
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from app import servers
from app.misskey import NULL, ApiError, Client, CredentialRefused, MisskeyError
from app.misskey.entities.tools import EndpointParameters
from app.models import Account
from app.stretches import Tab

Form = MultiDict[str, str]
Raw = list[str]
"""What a form's controls hold for one setting, in their order."""
Options = Mapping[str, LazyString | str]

MOST_FIELDS = 16
MOST_LINES = 2000


class Unfit(Exception):
    """What was typed can't be meant; the text says why."""


class Kind(Protocol):
    """How a value of a setting is shown, read, and understood."""

    @property
    def widget(self) -> str:
        """The macro of `settings/_widgets.html` that shows it."""

    @property
    def options(self) -> Options:
        """What there is to choose from, for the kinds that let one choose."""

    def shown(self, value: object) -> Raw:
        """What the controls hold for a value, which may be of any shape."""

    def read(self, form: Form, key: str) -> Raw:
        """What the controls of a sent form hold."""

    def understood(self, raw: Raw, now: object) -> object:
        """The value that is meant, which at the server is `now`. Raises Unfit."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words; none at all are null. `is_long` has several lines."""

    is_long: bool = False
    options: Options = field(default_factory=dict)

    @property
    def widget(self) -> str:
        """A line, or several."""
        return "text" if self.is_long else "line"

    def shown(self, value: object) -> Raw:
        """The words."""
        return [value if isinstance(value, str) else ""]

    def read(self, form: Form, key: str) -> Raw:
        """What was typed, with line ends as servers have them."""
        return [form.get(key, "").replace("\r\n", "\n")]

    def understood(self, raw: Raw, now: object) -> object:
        """The words without the space around them."""
        return raw[0].strip() or NULL


class Day(Text):
    """A day as `2001-03-20`."""

    @property
    def widget(self) -> str:
        """A date."""
        return "day"

    def understood(self, raw: Raw, now: object) -> object:
        """The day. Servers take `1999-99-99` as well; people do not."""
        typed = raw[0].strip()
        if not typed:
            return NULL
        try:
            return date.fromisoformat(typed).isoformat()
        except ValueError:
            raise Unfit(gettext("A day looks like 2001-03-20.")) from None


@dataclass(frozen=True, slots=True)
class Switch:
    """Yes or no."""

    widget: str = "switch"
    options: Options = field(default_factory=dict)

    def shown(self, value: object) -> Raw:
        """Ticked or not."""
        return ["1"] if value is True else []

    def read(self, form: Form, key: str) -> Raw:
        """Ticked or not."""
        return ["1"] if form.get(key) else []

    def understood(self, raw: Raw, now: object) -> object:
        """Whether it was ticked."""
        return bool(raw)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words; `""` stands for null."""

    options: Options
    widget: str = "choice"

    def shown(self, value: object) -> Raw:
        """The word, also one that we do not know."""
        return [value if isinstance(value, str) else ""]

    def read(self, form: Form, key: str) -> Raw:
        """The word that was chosen."""
        return [form.get(key, "")]

    def understood(self, raw: Raw, now: object) -> object:
        """The word, if it is one of the choices or what it is now."""
        if raw[0] not in self.options and raw[0] != now:
            raise Unfit(gettext("Choose one of these."))
        return raw[0] or NULL


@dataclass(frozen=True, slots=True)
class Age:
    """A time limit for notes: seconds of age as a number below zero, or a moment that was
    fixed elsewhere, or none."""

    options: Options
    widget: str = "choice"

    def shown(self, value: object) -> Raw:
        """The number as text."""
        return [str(value) if isinstance(value, int) and not isinstance(value, bool) else ""]

    def read(self, form: Form, key: str) -> Raw:
        """The number that was chosen."""
        return [form.get(key, "")]

    def understood(self, raw: Raw, now: object) -> object:
        """The number, or null for none."""
        if raw[0] not in self.options and raw != self.shown(now):
            raise Unfit(gettext("Choose one of these."))
        return int(raw[0]) if raw[0] else NULL


@dataclass(frozen=True, slots=True)
class Ticks:
    """Some of a few words; those we do not know stay as they are."""

    options: Options
    widget: str = "ticks"

    def shown(self, value: object) -> Raw:
        """Those that are ticked."""
        return [one for one in self.options if one in _texts(value)]

    def read(self, form: Form, key: str) -> Raw:
        """Those that were ticked."""
        sent = form.getlist(key)
        return [one for one in self.options if one in sent]

    def understood(self, raw: Raw, now: object) -> object:
        """Those, and the unknown ones of now."""
        return raw + [one for one in _texts(now) if one not in self.options]


@dataclass(frozen=True, slots=True)
class Lines:
    """A list of texts, one in a line."""

    widget: str = "text"
    options: Options = field(default_factory=dict)

    def shown(self, value: object) -> Raw:
        """The lines."""
        return ["\n".join(_texts(value))]

    def read(self, form: Form, key: str) -> Raw:
        """What was typed."""
        return [form.get(key, "").replace("\r\n", "\n")]

    def understood(self, raw: Raw, now: object) -> object:
        """The lines that hold something, each once."""
        return list(dict.fromkeys(_lines(raw[0])))


class Words(Lines):
    """Muted words: in a line those that must stand together, or a pattern `/…/`."""

    def shown(self, value: object) -> Raw:
        """The lines, whose words have spaces between them."""
        rows = value if isinstance(value, list) else []
        return ["\n".join(row if isinstance(row, str) else " ".join(_texts(row)) for row in rows)]

    def understood(self, raw: Raw, now: object) -> object:
        """Patterns as text, the others as lists of their words."""
        lines = _lines(raw[0])
        if len(lines) > MOST_LINES:
            raise Unfit(gettext("That is more than any server takes."))
        return [line if _PATTERN.fullmatch(line) else line.split() for line in lines]


_PATTERN = re.compile(r"/.+/[a-z]*")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Lines of one's own on the profile: a name and what it says."""

    widget: str = "pairs"
    options: Options = field(default_factory=dict)

    def shown(self, value: object) -> Raw:
        """Names and what they say, one after the other."""
        found: Raw = []
        for one in value if isinstance(value, list) else []:
            if isinstance(one, dict):
                found += [str(one.get("name", "")), str(one.get("value", ""))]
        return found

    def read(self, form: Form, key: str) -> Raw:
        """The same, without lines that are empty on both sides."""
        names = form.getlist(f"{key}.name")[:MOST_FIELDS]
        values = form.getlist(f"{key}.value")[:MOST_FIELDS]
        found: Raw = []
        for name, value in zip(names, values, strict=False):
            if name.strip() or value.strip():
                found += [name, value]
        return found

    def understood(self, raw: Raw, now: object) -> object:
        """The lines; one with a single side would be dropped by the server without a word."""
        pairs = list(zip(raw[::2], raw[1::2], strict=True))
        for name, value in pairs:
            if not (name.strip() and value.strip()):
                raise Unfit(gettext("Each line needs both: what it is called and what it says."))
        return [{"name": name.strip(), "value": value.strip()} for name, value in pairs]


@dataclass(frozen=True, slots=True)
class FromWhom:
    """For each kind of notification, from whom one wants it. What was set elsewhere in a
    way we do not offer (one list of people) stays a choice."""

    kinds: Options
    options: Options
    widget: str = "from_whom"

    def shown(self, value: object) -> Raw:
        """The choice for each kind, in their order."""
        known = value if isinstance(value, dict) else {}
        return [self._chosen(known.get(kind)) for kind in self.kinds]

    def read(self, form: Form, key: str) -> Raw:
        """The choices."""
        return [form.get(f"{key}.{kind}", "all") for kind in self.kinds]

    def understood(self, raw: Raw, now: object) -> object:
        """All of it, for a server replaces the whole: what is now, with what differs."""
        meant = dict(now) if isinstance(now, dict) else {}
        for kind, choice, before in zip(self.kinds, raw, self.shown(now), strict=True):
            if choice == before:
                continue
            if choice not in self.options:
                raise Unfit(gettext("Choose one of these."))
            meant[kind] = {"type": choice}
        return meant

    def _chosen(self, value: object) -> str:
        chosen = value.get("type") if isinstance(value, dict) else None
        return chosen if isinstance(chosen, str) else "all"


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _lines(typed: str) -> list[str]:
    return [line.strip() for line in typed.splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: `key` is its name in `i` and `i/update`."""

    key: str
    label: LazyString
    kind: Kind
    hint: LazyString | str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The settings of one page."""

    name: str
    label: LazyString
    settings: tuple[Setting, ...]


_SEEN_BY: Options = {
    "public": lazy_gettext("everybody"),
    "followers": lazy_gettext("people who follow me"),
    "private": lazy_gettext("only me"),
}
_OLDER_THAN: Options = {
    "": lazy_gettext("none"),
    "-604800": lazy_gettext("older than a week"),
    "-2592000": lazy_gettext("older than 30 days"),
    "-7776000": lazy_gettext("older than 90 days"),
    "-31536000": lazy_gettext("older than a year"),
    "-63072000": lazy_gettext("older than two years"),
}
_LANGUAGES: Options = {
    "": lazy_gettext("not said"),
    "ja": "日本語",
    "en": "English",
    "zh-CN": "中文（简体）",
    "zh-TW": "中文（繁體）",
    "ko": "한국어",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ru": "Русский",
    "th": "ไทย",
    "uk": "Українська",
    "vi": "Tiếng Việt",
    "eo": "Esperanto",
}
_NOTIFICATIONS: Options = {
    "note": lazy_gettext("New notes of people I watch"),
    "follow": lazy_gettext("Somebody follows me"),
    "mention": lazy_gettext("I am mentioned"),
    "reply": lazy_gettext("Replies"),
    "renote": lazy_gettext("Renotes"),
    "quote": lazy_gettext("Quotes"),
    "reaction": lazy_gettext("Reactions"),
    "pollEnded": lazy_gettext("A poll is over"),
    "receiveFollowRequest": lazy_gettext("Somebody asks to follow me"),
    "followRequestAccepted": lazy_gettext("My request was accepted"),
    "chatRoomInvitationReceived": lazy_gettext("Invitations to chat rooms"),
}
_FROM: Options = {
    "all": lazy_gettext("from everybody"),
    "following": lazy_gettext("from people I follow"),
    "follower": lazy_gettext("from my followers"),
    "mutualFollow": lazy_gettext("if we follow each other"),
    "followingOrFollower": lazy_gettext("if one of us follows the other"),
    "never": lazy_gettext("from nobody"),
}
_WORDS_HINT = lazy_gettext(
    "One in each line. Words in the same line must all be there. /…/ is a regular expression."
)

GROUPS: dict[str, Group] = {
    group.name: group
    for group in (
        Group(
            "profile",
            lazy_gettext("Profile"),
            (
                Setting("name", lazy_gettext("Name"), Text()),
                Setting(
                    "description",
                    lazy_gettext("About you"),
                    Text(is_long=True),
                    lazy_gettext("Everything that notes can hold works here, too."),
                ),
                Setting("location", lazy_gettext("Place"), Text()),
                Setting("birthday", lazy_gettext("Birthday"), Day()),
                Setting("lang", lazy_gettext("Language you write in"), Choice(_LANGUAGES)),
                Setting(
                    "fields",
                    lazy_gettext("Lines of your own"),
                    Pairs(),
                    lazy_gettext("For instance your site, and its address."),
                ),
                Setting(
                    "followedMessage",
                    lazy_gettext("A message to those who follow you"),
                    Text(),
                    lazy_gettext("They see it once they follow you."),
                ),
                Setting("isCat", lazy_gettext("I am a cat"), Switch()),
                Setting("isBot", lazy_gettext("This account is a bot"), Switch()),
                Setting(
                    "alsoKnownAs",
                    lazy_gettext("Accounts you move here from"),
                    Lines(),
                    lazy_gettext("One in each line, such as @me@far.example."),
                ),
            ),
        ),
        Group(
            "privacy",
            lazy_gettext("Privacy"),
            (
                Setting("isLocked", lazy_gettext("I approve those who want to follow"), Switch()),
                Setting(
                    "autoAcceptFollowed",
                    lazy_gettext("People I follow need no approval"),
                    Switch(),
                ),
                Setting(
                    "carefulBot", lazy_gettext("Bots that want to follow need approval"), Switch()
                ),
                Setting(
                    "followingVisibility",
                    lazy_gettext("Whom I follow is seen by"),
                    Choice(_SEEN_BY),
                ),
                Setting(
                    "followersVisibility",
                    lazy_gettext("Who follows me is seen by"),
                    Choice(_SEEN_BY),
                ),
                # Both in one until 2023.12 (FACTS C.3).
                Setting(
                    "ffVisibility",
                    lazy_gettext("Whom I follow, and who follows me, is seen by"),
                    Choice(_SEEN_BY),
                ),
                Setting(
                    "publicReactions",
                    lazy_gettext("Everybody may see what I reacted to"),
                    Switch(),
                ),
                Setting("hideOnlineStatus", lazy_gettext("Hide when I am online"), Switch()),
                Setting("isExplorable", lazy_gettext("I may be recommended to others"), Switch()),
                Setting(
                    "chatScope",
                    lazy_gettext("Chats may be begun by"),
                    Choice(
                        {
                            "everyone": lazy_gettext("everybody"),
                            "followers": lazy_gettext("people who follow me"),
                            "following": lazy_gettext("people I follow"),
                            "mutual": lazy_gettext("those with whom I follow each other"),
                            "none": lazy_gettext("nobody"),
                        }
                    ),
                ),
                Setting(
                    "requireSigninToViewContents",
                    lazy_gettext("Only people who are signed in may read my notes"),
                    Switch(),
                    lazy_gettext("Other servers may not keep to this."),
                ),
                Setting(
                    "makeNotesFollowersOnlyBefore",
                    lazy_gettext("Notes that only my followers see"),
                    Age(_OLDER_THAN),
                ),
                Setting(
                    "makeNotesHiddenBefore",
                    lazy_gettext("Notes that only I see"),
                    Age(_OLDER_THAN),
                ),
                Setting(
                    "noCrawle",
                    lazy_gettext("Ask search engines not to list me"),
                    Switch(),
                ),
                Setting(
                    "preventAiLearning",
                    lazy_gettext("Ask not to be used for teaching machines"),
                    Switch(),
                ),
            ),
        ),
        Group(
            "notifications",
            lazy_gettext("Notifications"),
            (
                Setting(
                    "notificationRecieveConfig",
                    lazy_gettext("Which notifications you get"),
                    FromWhom(_NOTIFICATIONS, _FROM),
                ),
                # What servers had before 2023.9 (FACTS C.3).
                Setting(
                    "mutingNotificationTypes",
                    lazy_gettext("Notifications you do not want"),
                    Ticks(_NOTIFICATIONS),
                ),
                Setting(
                    "emailNotificationTypes",
                    lazy_gettext("What you get an e-mail about"),
                    Ticks(
                        {
                            "follow": _NOTIFICATIONS["follow"],
                            "receiveFollowRequest": _NOTIFICATIONS["receiveFollowRequest"],
                            "mention": _NOTIFICATIONS["mention"],
                            "reply": _NOTIFICATIONS["reply"],
                            "quote": _NOTIFICATIONS["quote"],
                        }
                    ),
                    lazy_gettext("Where your server sends any, and knows your address."),
                ),
                Setting(
                    "receiveAnnouncementEmail",
                    lazy_gettext("E-mails from those who run the server"),
                    Switch(),
                ),
            ),
        ),
        Group(
            "content",
            lazy_gettext("Content"),
            (
                Setting(
                    "mutedWords",
                    lazy_gettext("Muted words"),
                    Words(),
                    _WORDS_HINT,
                ),
                Setting(
                    "hardMutedWords",
                    lazy_gettext("Words whose notes you never see"),
                    Words(),
                    _WORDS_HINT,
                ),
                Setting(
                    "mutedInstances",
                    lazy_gettext("Muted servers"),
                    Lines(),
                    lazy_gettext("One name in each line, such as far.example."),
                ),
                Setting(
                    "alwaysMarkNsfw",
                    lazy_gettext("Every file I post is sensitive"),
                    Switch(),
                ),
                Setting(
                    "autoSensitive",
                    lazy_gettext("The server may guess which of my files are sensitive"),
                    Switch(),
                ),
                Setting(
                    "injectFeaturedNote",
                    lazy_gettext("Notes that are popular may stand in my timelines"),
                    Switch(),
                ),
            ),
        ),
    )
}


@dataclass(slots=True)
class Shown:
    """A setting on a page: what its controls hold, and what is wrong with it."""

    setting: Setting
    raw: Raw
    problem: str = ""

    @property
    def holds(self) -> str:
        """The text, of those kinds that have but one."""
        return self.raw[0] if self.raw else ""

    @property
    def is_day(self) -> bool:
        """Whether a field that takes only days can hold the text."""
        try:
            return not self.holds or bool(date.fromisoformat(self.holds))
        except ValueError:
            return False

    @property
    def options(self) -> dict[str, str]:
        """The choices, and what it is now where that is none of them."""
        known = {value: str(label) for value, label in self.setting.kind.options.items()}
        missing = {value: value for value in self.raw if value not in known}
        return missing | known


@dataclass(slots=True)
class Changes:
    """What a sent form means: the parameters of `i/update`, and every setting that was on
    the page, as it was typed."""

    parameters: dict[str, Any] = field(default_factory=dict)
    typed: list[Shown] = field(default_factory=list)

    @property
    def has_problem(self) -> bool:
        """Whether something can't be meant."""
        return any(shown.problem for shown in self.typed)


def is_offered(account: Account) -> bool:
    """Whether its server, and its app there, let the account's settings be changed. What is
    not known is taken to be so."""
    server, permissions = servers.known(account.host), account.permissions
    return (server is None or "i/update" in server.endpoints) and (
        permissions is None or "write:account" in permissions
    )


def tabs(account: Account, here: str) -> list[Tab]:
    """The pages of settings side by side; `here` is the name of one, or `reading`."""
    found: list[Tab] = [(gettext("Reading"), url_for("service.settings"), here == "reading")]
    if is_offered(account):
        found += [
            (
                group.label,
                url_for("account_settings.page", group_name=group.name),
                here == group.name,
            )
            for group in GROUPS.values()
        ]
    return found


def taken_by(client: Client, me: Mapping[str, Any]) -> frozenset[str]:
    """The names of what the server's `i/update` takes, as it says itself; where it does
    not say, what it shows of oneself. Raises CredentialRefused."""
    try:
        told = client.call("endpoint", into=EndpointParameters, endpoint="i/update")
    except CredentialRefused:
        raise
    except MisskeyError:
        told = None
    return frozenset((told and told.names) or me)


def offered(group: Group, taken: frozenset[str]) -> list[Setting]:
    """The settings of a page that the server takes."""
    return [setting for setting in group.settings if setting.key in taken]


def shown(settings: Iterable[Setting], me: Mapping[str, Any]) -> list[Shown]:
    """How they stand at the server, for a page."""
    return [Shown(setting, setting.kind.shown(me.get(setting.key))) for setting in settings]


def seal(group: Group, account: Account, page: Iterable[Shown]) -> str:
    """What a page shows, to be sent back with it: which settings, and a digest of each."""
    held = {one.setting.key: _digest(one.raw) for one in page}
    return _signer().dumps([account.id, group.name, held])


def unseal(sealed: str, group: Group, account: Account) -> dict[str, str] | None:
    """The digests of a page by the settings' keys; None if that is no seal for this page."""
    try:
        account_id, name, held = _signer().loads(sealed)
    except (BadSignature, ValueError):
        return None
    return held if (account_id, name) == (account.id, group.name) else None


def read(group: Group, form: Form, held: Mapping[str, str], me: Mapping[str, Any]) -> Changes:
    """What a sent form means for a page that showed what `held` stands for, while `me` is
    how the account stands now. Only what was changed on the page is among the parameters."""
    changes = Changes()
    for setting in group.settings:
        if setting.key not in held:
            continue
        raw = setting.kind.read(form, setting.key)
        typed = Shown(setting, raw)
        changes.typed.append(typed)
        if _digest(raw) == held[setting.key]:
            continue
        try:
            changes.parameters[setting.key] = setting.kind.understood(raw, me.get(setting.key))
        except Unfit as unfit:
            typed.problem = str(unfit)
    return changes


_REFUSALS = {
    "TOO_MANY_MUTED_WORDS": lazy_gettext("These are more words than your server allows."),
    "INVALID_REGEXP": lazy_gettext("One of the regular expressions is none."),
    "YOUR_NAME_CONTAINS_PROHIBITED_WORDS": lazy_gettext(
        "Your server does not allow a word in this name."
    ),
    "NO_SUCH_USER": lazy_gettext("One of these accounts was not found."),
    "URI_NULL": lazy_gettext("One of these accounts was not found."),
    "FORBIDDEN_TO_SET_YOURSELF": lazy_gettext("This very account can't be one of them."),
    "RESTRICTED_BY_ROLE": lazy_gettext("Your server does not let this account change this."),
    "NO_SUCH_AVATAR": lazy_gettext("This file is not in your drive any more."),
    "NO_SUCH_BANNER": lazy_gettext("This file is not in your drive any more."),
    "AVATAR_NOT_AN_IMAGE": lazy_gettext("This file is no picture."),
    "BANNER_NOT_AN_IMAGE": lazy_gettext("This file is no picture."),
}
_ABOUT = {
    "TOO_MANY_MUTED_WORDS": ("mutedWords", "hardMutedWords"),
    "INVALID_REGEXP": ("mutedWords", "hardMutedWords"),
    "YOUR_NAME_CONTAINS_PROHIBITED_WORDS": ("name",),
    "NO_SUCH_USER": ("alsoKnownAs",),
    "URI_NULL": ("alsoKnownAs",),
    "FORBIDDEN_TO_SET_YOURSELF": ("alsoKnownAs",),
}


def refusal(error: ApiError) -> str | None:
    """What a server's refusal means in words, where it is one of the plain ones."""
    words = _REFUSALS.get(error.code)
    return None if words is None else str(words)


def blame(error: ApiError, changes: Changes) -> bool:
    """Put the server's words beside the settings they are about; False where that is not
    known. A wrong parameter is named in `info`, by new servers as a place in a schema."""
    words, keys = refusal(error), _ABOUT.get(error.code, ())
    if error.code == "INVALID_PARAM":
        place = re.split(r"[/.]", str(error.info.get("param", "")))
        keys = tuple(key for key in changes.parameters if key in place)
        words = gettext("Your server does not take this: it is too long, or not what it expects.")
    about = [one for one in changes.typed if one.setting.key in keys]
    # Of two that it can be about, the one that was changed.
    about = [one for one in about if one.setting.key in changes.parameters] or about
    for one in about:
        one.problem = words or ""
    return bool(about and words)


def _digest(raw: Raw) -> str:
    return hashlib.sha256("\0".join([str(len(raw)), *raw]).encode(errors="replace")).hexdigest()[
        :16
    ]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="account-settings")
