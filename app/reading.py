"""Who reads a page, and what they may do on it: what every note on it needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from flask import request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app import actions, emojis, servers
from app.misskey import Note
from app.models import Account
from app.submissions import new_form_id
from app.writing import Writer

DATA_SAVER_COOKIE = "engawa-data-saver"


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
    palette: list[str]
    fields: Markup
    """The hidden fields every form of the page has in common."""

    def can_renote(self, note: Note) -> bool:
        """Whether a renote of `note` may be offered."""
        return "renote" in self.can and actions.can_be_renoted(note, self.account)

    def is_mine(self, note: Note) -> bool:
        """Whether the reader wrote it."""
        return note.user.id == self.account.user_id

    def reactions_for(self, note: Note) -> list[str]:
        """The quick reactions to offer: hearts alone where the author wants only likes."""
        likes_only = note.reaction_acceptance == "likeOnly" or (
            note.reaction_acceptance in _LIKES_FROM_AFAR and note.user.host is not None
        )
        return ["❤"] if likes_only else self.palette[:8]


_LIKES_FROM_AFAR = ("likeOnlyForRemote", "nonSensitiveOnlyForLocalLikeOnlyForRemote")


def reading_as(account: Account) -> Reading:
    """The page that is being made, as `account` reads it. Asks no server."""
    server = servers.stored(account.host)
    saver = saves_data()
    here = request.full_path.rstrip("?")
    return Reading(
        account=account,
        writer=Writer(emojis.pictures_for(account, server), loads_pictures=not saver),
        can=actions.offered(account, server),
        here_quoted=quote(here, safe="/"),
        saves_data=saver,
        palette=emojis.palette(account),
        fields=_hidden_fields(account, here),
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


def saves_data() -> bool:
    """Whether this browser wants nothing loaded that was not asked for."""
    return request.cookies.get(DATA_SAVER_COOKIE) == "1"
