"""Who reads a page, and what they may do on it: what every note on it needs to know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from babel.lists import format_list
from flask import Flask, request
from flask_babel import get_locale, gettext, ngettext
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app import actions, emojis, preferences, servers
from app.misskey import Note, User
from app.models import Account
from app.submissions import new_form_id
from app.writing import Writer

KEYS_COOKIE = "engawa-keys"


def init_app(app: Flask) -> None:
    """Let the layout know what this browser wants."""
    app.jinja_env.globals["uses_keys"] = uses_keys


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader of one page.

    `can` holds the names of the actions their server offers; `here_quoted` is the page, to
    come back to, as a value in a query.
    """

    account: Account
    writer: Writer
    can: frozenset[str]
    here_quoted: str
    saves_data: bool
    media: str
    """How pictures stand: one of `app.preferences.MEDIA`."""
    palette: list[str]
    fields: Markup
    """The hidden fields every form of the page has in common."""
    people: dict[str, User]
    """People the page knows beside those who stand with a note, by id."""

    def can_renote(self, note: Note) -> bool:
        """Whether a renote of `note` may be offered."""
        return "renote" in self.can and actions.can_be_renoted(note, self.account)

    def is_mine(self, note: Note) -> bool:
        """Whether the reader wrote it."""
        return note.user.id == self.account.user_id

    def recipients(self, note: Note) -> str:
        """Whom a direct note is for beside its author, in words: handles where the page
        knows them, the others counted. Empty where the server does not say."""
        wanted = [one for one in dict.fromkeys(note.visible_user_ids or []) if one != note.user.id]
        near = self.people | {user.id: user for user in around(note)}
        named = [
            gettext("you") if one == self.account.user_id else near[one].handle
            for one in wanted
            if one == self.account.user_id or one in near
        ]
        others = len(wanted) - len(named)
        if others and named:
            named.append(ngettext("%(num)s other", "%(num)s others", others))
        elif others:
            named.append(ngettext("%(num)s person", "%(num)s people", others))
        return format_list(named, locale=get_locale() or "en")

    def reactions_for(self, note: Note) -> list[str]:
        """The quick reactions to offer: hearts alone where the author wants only likes."""
        likes_only = note.reaction_acceptance == "likeOnly" or (
            note.reaction_acceptance in _LIKES_FROM_AFAR and note.user.host is not None
        )
        return ["❤"] if likes_only else self.palette[:8]


_LIKES_FROM_AFAR = ("likeOnlyForRemote", "nonSensitiveOnlyForLocalLikeOnlyForRemote")


def around(note: Note) -> list[User]:
    """The people a server sends along with a note: who wrote it, and what it is about."""
    near = [target for target in (note.reply, note.renote) if isinstance(target, Note)]
    return [note.user, *(target.user for target in near)]


def reading_as(
    account: Account, here: str | None = None, *, people: Iterable[User] = ()
) -> Reading:
    """The page that is being made, as `account` reads it; a fragment becomes part of the
    page `here`. `people` are those it can name. Asks no server."""
    server = servers.stored(account.host)
    wanted = preferences.of(account)
    here = here or request.full_path.rstrip("?")
    return Reading(
        account=account,
        writer=Writer(emojis.pictures_for(account, server), loads_pictures=not wanted.saves_data),
        can=actions.offered(account, server),
        here_quoted=quote(here, safe="/"),
        saves_data=wanted.saves_data,
        media=wanted.media,
        palette=emojis.palette(account, wanted.quick_reactions),
        fields=_hidden_fields(account, here),
        people={user.id: user for user in people},
    )


_FIELD = Markup('<input type="hidden" name="{}" value="{}">')


def _hidden_fields(account: Account, here: str) -> Markup:
    # Written once for the page, not once for each of its hundred small forms.
    fields = {
        "csrf_token": generate_csrf(),
        "account": account.id,
        "form_id": new_form_id(),
        "next": here,
    }
    return Markup("").join(_FIELD.format(name, value) for name, value in fields.items())


def uses_keys() -> bool:
    """Whether single letters are shortcuts in this browser. They can be switched off, for
    speech input types letters too (WCAG 2.1.4)."""
    return request.cookies.get(KEYS_COOKIE) != "0"
