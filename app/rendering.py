"""What templates may call: texts, links, times, numbers and names of things.

Everything from a server is hostile until it went through here or Jinja's escaping.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, g
from flask_babel import (
    format_date,
    format_datetime,
    format_decimal,
    format_timedelta,
    get_locale,
    get_translations,
    gettext,
)
from markupsafe import Markup, escape

from app.mfm import parse, plain_text
from app.misskey import DriveFile, Note
from app.misskey.address import display_host
from app.models import now
from app.standing import MOST_UNREAD, UNCOUNTED

# Longer ones are nobody's, and checking one takes time that grows with its square.
_LONGEST_URL = 2000
_FAR_AWAY_DAYS = 300
_HOUR = 3600


def init_app(app: Flask) -> None:
    """Hand the templates their words."""
    app.jinja_env.filters.update(
        time_element=time_element,
        ago=ago,
        exact_time=exact_time,
        iso_time=iso_time,
        number=number,
        file_size=file_size,
        reaction_name=reaction_name,
        web_url=web_url,
        long_date=long_date,
        long_time=long_time,
        month_name=month_name,
        weekday=weekday,
        server_name=display_host,
    )
    app.jinja_env.globals.update(
        _=sentence,
        icon=icon,
        static_url=static_url,
        visibility_label=visibility_label,
        get_locale=get_locale,
        page_title=page_title,
        note_excerpt=note_excerpt,
        now=now,
        note_path=note_path,
        frame_colour=frame_colour,
        acceptance_label=acceptance_label,
        unread_label=unread_label,
    )
    app.after_request(_without_nul)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _without_nul(response: Response) -> Response:
    """HTML has no way to write NUL, not even escaped, and forms and servers can send it."""
    if response.mimetype == "text/html":
        body = response.get_data()
        if b"\0" in body:
            response.set_data(body.replace(b"\0", "\N{REPLACEMENT CHARACTER}".encode()))
    return response


def sentence(text: str, **values: object) -> Markup:
    """`_` in templates: `text` in the reader's language, with escaped `values` in it.

    As Jinja's own, but it looks for the translations once a page, not at every word.
    """
    if "translations" not in g:
        g.translations = get_translations()
    # Our own words, from the templates or the catalogue.
    translated = Markup(g.translations.gettext(text))  # noqa: S704
    return translated % values if values or "%" in translated else translated


@lru_cache(maxsize=2048)
def web_url(url: str | None) -> str | None:
    """`url` if it is a plain http(s) address that may stand in an attribute, else None."""
    if not url or len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def ago(moment: datetime, language: str | None = None) -> str:
    """How long ago or ahead, in words of the reader's language; a date where that is long.
    Who asks often has found the language once.

    A moment less than two minutes ahead is now: clocks of servers differ.
    """
    age = now() - moment
    if age.days > _FAR_AWAY_DAYS or age.days < -1:
        return str(format_date(moment))
    seconds = round(age.total_seconds())
    if -120 < seconds < 5:
        return gettext("just now")
    if abs(seconds) >= _HOUR:
        seconds -= seconds % 60
    return _ago(seconds, language or _language())


@lru_cache(maxsize=16_384)
def _ago(seconds: int, _in: str) -> str:
    # Few ages, in the words of two languages, for very many notes.
    return str(format_timedelta(timedelta(seconds=-seconds), add_direction=True))


def exact_time(moment: datetime) -> str:
    """The exact time in words, in UTC and saying so."""
    return _exact_time(moment, _language())


@lru_cache(maxsize=4096)
def _exact_time(moment: datetime, _in: str) -> str:
    # As dear as the rest of a note's head, and the same notes are shown again and again:
    # at a reload, on their own page, to other people.
    return str(format_datetime(moment, "long"))


def _language() -> str:
    locale = get_locale()
    return locale.language if locale else ""


def long_date(day: str | datetime) -> str:
    """A day in words, from a moment or from `2001-03-20`; as it came if it is no day."""
    if isinstance(day, str):
        try:
            return str(format_date(date.fromisoformat(day), "long"))
        except ValueError:
            return day
    return str(format_date(day, "long"))


def long_time(moment: datetime, zone: str) -> str:
    """Day and time by the clock of a place, which it names, with its distance from UTC."""
    clock = moment.astimezone(ZoneInfo(zone))
    offset = clock.strftime("%z")
    day = format_date(clock.date(), "full")
    return f"{day} {clock:%H:%M} ({zone}, UTC{offset[:3]}:{offset[3:5]})"


def month_name(day: date) -> str:
    """The month of a day, with its year: `November 2026`."""
    return str(format_date(day, "y年M月" if _language() == "ja" else "MMMM y"))


def weekday(day: date, length: str = "long") -> str:
    """The name of a day of the week, `long` or `short`."""
    return str(format_date(day, "EEEE" if length == "long" else "EEE"))


def iso_time(moment: datetime) -> str:
    """The exact time for machines: `2026-11-23T01:17:51Z`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def time_element(moment: datetime) -> Markup:
    """How long ago or ahead, with the exact time for machines and for who points at it."""
    language = _language()
    exact, words = escape(_exact_time(moment, language)), escape(ago(moment, language))
    # Both are escaped. `Markup.format` would take longer than all the rest of it.
    return Markup(f'<time datetime="{iso_time(moment)}" title="{exact}">{words}</time>')  # noqa: S704


def number(value: float) -> str:
    """A number by locale: 3,000 or 3 000."""
    whole = int(value)
    # Below a thousand there is nothing to group, and nearly all counts are there.
    return str(whole) if 0 <= whole < 1000 else str(format_decimal(whole))


def file_size(size: float) -> str:
    """A file's size in bytes, for people: 1.2 MB."""
    amount = max(0.0, float(size))
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{format_decimal(amount, '#,##0.#')} {unit}"


# What Misskey 11 still calls its ten first reactions (FACTS C.4).
_OLD_REACTIONS = {
    "like": "👍",
    "love": "❤",
    "laugh": "😆",
    "hmm": "🤔",
    "surprise": "😮",
    "congrats": "🎉",
    "angry": "💢",
    "confused": "😥",
    "rip": "😇",
    "pudding": "🍮",
    "star": "⭐",
}


def reaction_name(name: str) -> str:
    """A reaction as text: the emoji itself, or a custom one's code without the `@.` that
    newer servers add to their own."""
    return _OLD_REACTIONS.get(name, name.replace("@.:", ":"))


def visibility_label(visibility: str) -> str:
    """Who can see a note, in Misskey's own words."""
    return {
        "public": gettext("Public"),
        "home": gettext("Home"),
        "followers": gettext("Followers"),
        "specified": gettext("Direct"),
    }.get(visibility, visibility)


def unread_label(count: int) -> str:
    """How much is unread, as short as a badge; old servers do not count."""
    if count == UNCOUNTED:
        return gettext("new")
    return f"{MOST_UNREAD - 1}+" if count >= MOST_UNREAD else str(count)


def acceptance_label(acceptance: str) -> str:
    """Which reactions a note takes, in a person's words."""
    return {
        "likeOnly": gettext("Likes only"),
        "likeOnlyForRemote": gettext("Likes only from other servers"),
        "nonSensitiveOnly": gettext("No sensitive reactions"),
        "nonSensitiveOnlyForLocalLikeOnlyForRemote": gettext(
            "No sensitive reactions; likes only from other servers"
        ),
    }.get(acceptance, acceptance)


_BLURHASH_DIGITS = {
    digit: value
    for value, digit in enumerate(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
    )
}
_RGB = re.compile(r"rgb\((\d{1,3}), ?(\d{1,3}), ?(\d{1,3})\)", re.ASCII)


def frame_colour(file: DriveFile) -> str | None:
    """The colour that stands where a picture will be: `#rrggbb`.

    A blurhash holds the picture's average colour as 24 bits in its characters three to
    six, in base 83; old servers send an average as `rgb(…)`.
    """
    if file.blurhash and len(file.blurhash) >= 6:
        average = 0
        for digit in file.blurhash[2:6]:
            if digit not in _BLURHASH_DIGITS:
                return None
            average = average * 83 + _BLURHASH_DIGITS[digit]
        return f"#{average & 0xFFFFFF:06x}"
    found = _RGB.fullmatch((file.properties and file.properties.avg_color) or "")
    if found is None:
        return None
    return "#" + "".join(f"{min(int(part), 255):02x}" for part in found.groups())


def note_path(note_id: str) -> str:
    """The address of a note's page. `url_for` says the same, at ten times the cost, and a
    page of notes has hundreds."""
    # Ids of Misskey are letters and digits, in which there is nothing to quote.
    is_plain = note_id.isascii() and note_id.isalnum()
    return f"/notes/{note_id if is_plain else quote(note_id, safe='')}"


def note_excerpt(note: Note, most: int = 100) -> str:
    """How a note begins, in a line of at most so many characters; behind a content warning
    that alone. Of a pure renote, the note it passes on."""
    shown = note.renote if note.is_pure_renote and note.renote else note
    beginning = " ".join(plain_text(parse(shown.cw or shown.text or "")).split())
    return beginning[: most - 1] + "…" if len(beginning) > most else beginning


def page_title(note: Note) -> str:
    """A note in a line, for the title of its page: whose it is, and how it begins."""
    beginning = note_excerpt(note, 60)
    return f"{note.user.display_name}: {beginning}" if beginning else note.user.display_name


@lru_cache(maxsize=64)
def static_url(filename: str) -> str:
    """The address of a static file, with a fingerprint so that it can be kept forever."""
    path = Path(__file__).parent.parent / "static" / filename
    fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"/static/{filename}?v={fingerprint}"


@lru_cache(maxsize=64)
def icon(name: str) -> Markup:
    """One drawing of the sprite. A page of notes has a hundred, so each is written once."""
    return Markup(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
    ).format(static_url("icons.svg"), name)
