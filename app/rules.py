"""Rules for old notes: which notes go, and which stay. Nothing here makes a call.

A note goes if nothing says that it stays. So a rule can only be wrong in one way that
matters, and all of it is decided in `why_kept`: from the note as the server just gave it,
and from what was asked beside it (`Known`).

Every rule keeps at least the notes of the last day. A note that was just posted may still
be looked for, to find out whether it was (`app.posting`); one that was deleted meanwhile
would be posted a second time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from app.misskey import Note
from app.problems import Problem

Kind = Literal["note", "reply", "renote"]
KINDS: tuple[Kind, ...] = ("note", "reply", "renote")
Reason = Literal[
    "young",
    "latest",
    "kind",
    "pinned",
    "favourited",
    "clipped",
    "files",
    "direct",
    "reactions",
    "words",
]
MOST_DAYS = 3650
MOST_LATEST = 1000
MOST_REACTIONS = 1_000_000
MOST_WORDS = 100
LONGEST_WORD = 200


class Rule(msgspec.Struct, frozen=True):
    """What a person decided. `latest` and `reactions` are numbers from which on a note
    stays, 0 where they don't matter; `kinds` are those that may go at all. Notes that
    contain one of `words` stay, or only they go (`only_words`)."""

    days: int = 90
    latest: int = 0
    pinned: bool = True
    favourited: bool = True
    clipped: bool = True
    files: bool = False
    direct: bool = True
    reactions: int = 0
    kinds: tuple[Kind, ...] = KINDS
    words: tuple[str, ...] = ()
    only_words: bool = False


class Known(msgspec.Struct):
    """What the note itself does not tell: the ids of the person's notes that are pinned,
    favourited, in a clip of theirs, and among as many of the latest as the rule keeps."""

    pinned: frozenset[str] = frozenset()
    favourited: frozenset[str] = frozenset()
    clipped: frozenset[str] = frozenset()
    latest: frozenset[str] = frozenset()


def why_kept(note: Note, rule: Rule, known: Known, moment: datetime) -> Reason | None:
    """The first reason why the note stays at `moment`; None: it goes."""
    reasons: dict[Reason, bool] = {
        "young": note.created_at > moment - timedelta(days=max(1, rule.days)),
        "latest": note.id in known.latest,
        "kind": kind_of(note) not in rule.kinds,
        "pinned": rule.pinned and note.id in known.pinned,
        "favourited": rule.favourited and note.id in known.favourited,
        "clipped": rule.clipped and note.id in known.clipped,
        "files": rule.files and bool(note.files),
        "direct": rule.direct and note.visibility == "specified",
        "reactions": 0 < rule.reactions <= sum(count for _, count in note.reaction_counts),
        "words": bool(rule.words) and _contains(note, rule.words) is not rule.only_words,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def kind_of(note: Note) -> Kind:
    """A note that passes another on and says nothing itself is a renote; a quote is a note,
    and what answers is a reply."""
    if note.is_pure_renote:
        return "renote"
    return "reply" if note.reply_id else "note"


def _contains(note: Note, words: Iterable[str]) -> bool:
    """Whether the note contains one of the words: in its text, its warning, its poll or the
    descriptions of its files; a renote, in those of what it passes on."""
    shown = note.renote if note.is_pure_renote and isinstance(note.renote, Note) else note
    parts = [shown.text, shown.cw]
    parts += [choice.text for choice in (shown.poll.choices if shown.poll else [])]
    parts += [file.comment for file in shown.files or []]
    said = _folded("\n".join(part for part in parts if part))
    return any(_folded(word) in said for word in words)


def _folded(text: str) -> str:
    """As people compare words: upper and lower case, full and half width alike."""
    return unicodedata.normalize("NFKC", text).casefold()


# From the form --------------------------------------------------------------------------


class Typed(msgspec.Struct):
    """The form, as it was typed."""

    days: str = ""
    latest: str = ""
    reactions: str = ""
    keeps: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    words: str = ""
    words_are: str = "keep"


KEEPS = ("pinned", "favourited", "clipped", "files", "direct")
"""What can be kept by a box that is ticked."""


def typed_in(form: MultiDict[str, str]) -> Typed:
    """What somebody typed into the form."""
    return Typed(
        days=form.get("days", "")[:100],
        latest=form.get("latest", "")[:100],
        reactions=form.get("reactions", "")[:100],
        keeps=tuple(name for name in KEEPS if name in form.getlist("keep")),
        kinds=tuple(name for name in KINDS if name in form.getlist("kind")),
        words=form.get("words", "").replace("\r\n", "\n")[: 2 * MOST_WORDS * LONGEST_WORD],
        words_are="only" if form.get("words_are") == "only" else "keep",
    )


def as_typed(rule: Rule) -> Typed:
    """What the form holds for a rule there is."""
    return Typed(
        days=str(rule.days),
        latest=str(rule.latest or ""),
        reactions=str(rule.reactions or ""),
        keeps=tuple(name for name in KEEPS if getattr(rule, name)),
        kinds=rule.kinds,
        words="\n".join(rule.words),
        words_are="only" if rule.only_words else "keep",
    )


def rule_of(typed: Typed) -> Rule | Problem:
    """The rule that was typed, or what is wrong with it."""
    days, latest = _number(typed.days, MOST_DAYS), _number(typed.latest or "0", MOST_LATEST)
    reactions = _number(typed.reactions or "0", MOST_REACTIONS)
    words = tuple(word for line in typed.words.split("\n") if (word := line.strip()))
    if not days:
        return _not_a_number("days", 1, MOST_DAYS)
    if latest is None:
        return _not_a_number("latest", 0, MOST_LATEST)
    if reactions is None:
        return _not_a_number("reactions", 0, MOST_REACTIONS)
    if not typed.kinds:
        return Problem(gettext("Choose what may be deleted at all."), field="kind")
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        return Problem(
            gettext(
                "There can be %(most)s words, of up to %(long)s characters each.",
                most=MOST_WORDS,
                long=LONGEST_WORD,
            ),
            field="words",
        )
    if typed.words_are == "only" and not words:
        words_missing = gettext("Write at least one word, or choose that words keep notes.")
        return Problem(words_missing, field="words")
    return Rule(
        days=days,
        latest=latest,
        reactions=reactions,
        kinds=tuple(kind for kind in KINDS if kind in typed.kinds),
        words=words,
        only_words=typed.words_are == "only",
        **{name: name in typed.keeps for name in KEEPS},
    )


def _number(typed: str, most: int) -> int | None:
    """A whole number as people type it, full width too; None for what is none."""
    digits = unicodedata.normalize("NFKC", typed).strip()
    if not digits.isdecimal() or len(digits) > 9 or int(digits) > most:
        return None
    return int(digits)


def _not_a_number(field: str, least: int, most: int) -> Problem:
    words = gettext("Write a whole number from %(least)s to %(most)s.", least=least, most=most)
    return Problem(words, field=field)
