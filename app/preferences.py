"""How a person likes to read: what their own page of settings holds.

Kept with the account, on our side, so that it holds in every browser. It comes with the
account, which every page loads anyway. Somebody who is not signed in, and an account that
never chose anything, has what this browser's cookies say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import msgspec
from flask import Flask, g, has_request_context, request
from flask_babel import LazyString, gettext, lazy_gettext

from app import languages
from app.extensions import db
from app.languages import COOKIE as LANGUAGE_COOKIE
from app.languages import LANGUAGES
from app.models import Account

DATA_SAVER_COOKIE = "engawa-data-saver"
THEME_COOKIE = "engawa-theme"
STILL_COOKIE = "engawa-still"

THEMES: dict[str, LazyString] = {
    "system": lazy_gettext("as my device has it"),
    "light": lazy_gettext("light"),
    "dark": lazy_gettext("dark"),
}
MEDIA: dict[str, LazyString] = {
    "shown": lazy_gettext("shown, but for sensitive ones"),
    "folded": lazy_gettext("each behind a line, until I open it"),
    "all": lazy_gettext("shown, sensitive ones too"),
}
PAGE_SIZES = (10, 20, 30, 40)
USUAL_TABS = ("home", "local", "social", "global")
MOST_REACTIONS = 8
_REACTION = re.compile(r":[\w+-]{1,100}:|(?=.*[^\x00-\x7f]).{1,20}", re.ASCII)


class Unfit(ValueError):
    """What was typed can't be meant; the text says why."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one person chose.

    `tabs` are names of timelines in their order; `media` is one of MEDIA, `theme` one of
    THEMES; `is_still` wants no motion; `language` is None where the browser decides.
    """

    tabs: tuple[str, ...] = USUAL_TABS
    saves_data: bool = False
    media: str = "shown"
    is_still: bool = False
    quick_reactions: tuple[str, ...] = ()
    language: str | None = None
    theme: str = "system"
    per_page: int = 20


def init_app(app: Flask) -> None:
    """Let the layout know how the page is to look."""
    app.jinja_env.globals["preferences"] = current


def current() -> Preferences:
    """Those of whoever reads the page that is being made, as far as that is known by now:
    asks neither the session nor the database."""
    account = _reader()
    return _of_cookies() if account is None else of(account)


def read_by(account: Account) -> None:
    """What is made from here on, to the end of the request, is for `account`, whichever is
    the current one."""
    g.reader = account


def _reader() -> Account | None:
    account: Account | None = g.get("reader") or g.get("account")
    return account


def select_locale() -> str:
    """The language of the page being made: the reader's own, else that of the browser."""
    account = _reader() if has_request_context() else None
    language = None if account is None else of(account).language
    return language if language in LANGUAGES else languages.select_locale()


def of(account: Account) -> Preferences:
    """Those of `account`. What does not fit into today's choices is as if it were not there."""
    if account.preferences is None:
        return _of_cookies()
    try:
        kept = msgspec.convert(account.preferences, Preferences)
    except msgspec.ValidationError:
        return _of_cookies()
    return kept


def keep(account: Account, chosen: Preferences) -> None:
    """Write them down."""
    account.preferences = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(chosen).items()
    }
    db.session.commit()


def choose_language(account: Account, language: str) -> None:
    """Remember the language with the account, if it has preferences of its own."""
    keep(account, replace(of(account), language=language))


def from_form(form: Mapping[str, str], before: Preferences, timelines: list[str]) -> Preferences:
    """What a sent form means; `timelines` are the names it offers for tabs. A choice that
    is none stays as it was `before`. Raises Unfit for reactions that are none."""
    theme, media = form.get("theme", ""), form.get("media", "")
    per_page = form.get("per_page", "")
    language = form.get("language", "")
    return Preferences(
        tabs=_tabs(form, before, timelines),
        saves_data=bool(form.get("saves_data")),
        media=media if media in MEDIA else before.media,
        is_still=bool(form.get("is_still")),
        quick_reactions=reactions_in(form.get("quick_reactions", "")),
        language=language if language in LANGUAGES else None,
        theme=theme if theme in THEMES else before.theme,
        per_page=int(per_page) if per_page in map(str, PAGE_SIZES) else before.per_page,
    )


def cookies_of(chosen: Preferences) -> dict[str, str]:
    """What a browser is told, for the pages it opens before it is known who reads them."""
    return {
        DATA_SAVER_COOKIE: "1" if chosen.saves_data else "0",
        THEME_COOKIE: chosen.theme,
        STILL_COOKIE: "1" if chosen.is_still else "0",
        **({LANGUAGE_COOKIE: chosen.language} if chosen.language else {}),
    }


def reactions_in(typed: str) -> tuple[str, ...]:
    """The reactions in a line, with spaces between them. Raises Unfit."""
    found = tuple(dict.fromkeys(typed.split()))
    wrong = [one for one in found if not _REACTION.fullmatch(one)]
    if wrong:
        raise Unfit(
            gettext("“%(word)s” is no reaction: use emoji, or names such as :tea:.", word=wrong[0])
        )
    if len(found) > MOST_REACTIONS:
        raise Unfit(gettext("There is room for %(most)s reactions.", most=MOST_REACTIONS))
    return found


def _tabs(form: Mapping[str, str], before: Preferences, timelines: list[str]) -> tuple[str, ...]:
    """The names in the order of their places. Those that were not offered (the server may be
    down) stay; home is always there."""
    places = {name: place for name in timelines if (place := form.get(f"tab-{name}", ""))}
    chosen = [name for name in timelines if places.get(name, "").isdecimal()]
    chosen.sort(key=lambda name: int(places[name][:3]))
    kept = [name for name in before.tabs if name not in timelines]
    row = [name for name in chosen if int(places[name][:3]) > 0] + kept
    return tuple(row if "home" in row else ["home", *row])


def _of_cookies() -> Preferences:
    theme = request.cookies.get(THEME_COOKIE, "")
    return Preferences(
        saves_data=request.cookies.get(DATA_SAVER_COOKIE) == "1",
        theme=theme if theme in THEMES else "system",
        is_still=request.cookies.get(STILL_COOKIE) == "1",
    )
