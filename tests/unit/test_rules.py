"""Which notes go by a rule, and which stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.misskey import Note
from app.problems import Problem
from app.rules import KINDS, Known, Rule, as_typed, kind_of, rule_of, typed_in, why_kept

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD = NOON - timedelta(days=400)
BARE = Rule(days=1, pinned=False, favourited=False, clipped=False, direct=False)


def note(**keys: Any) -> Note:
    """An old note as a server sends it."""
    plain = {
        "id": "n1",
        "createdAt": OLD.isoformat(),
        "user": {"id": "u1", "username": "alice"},
        "text": "hello",
        "visibility": "public",
    }
    return msgspec.convert(plain | keys, Note, strict=False)


def changed(rule: Rule = BARE, **values: Any) -> Rule:
    """The rule with some values changed."""
    return msgspec.structs.replace(rule, **values)


def test_what_nothing_keeps_goes() -> None:
    assert why_kept(note(), BARE, Known(), NOON) is None
    assert why_kept(note(), Rule(), Known(), NOON) is None


RENOTE = {"text": None, "renoteId": "n0"}
OTHERS = {"id": "n0", "createdAt": OLD.isoformat(), "user": {"id": "u2", "username": "bob"}}
KEPT: list[tuple[str, Rule, dict[str, Any], Known]] = [
    ("pinned", changed(pinned=True), {}, Known(pinned=frozenset(["n1"]))),
    ("favourited", changed(favourited=True), {}, Known(favourited=frozenset(["n1"]))),
    ("clipped", changed(clipped=True), {}, Known(clipped=frozenset(["n1"]))),
    ("latest", changed(latest=5), {}, Known(latest=frozenset(["n1"]))),
    ("files", changed(files=True), {"files": [{"id": "f"}]}, Known()),
    ("direct", changed(direct=True), {"visibility": "specified"}, Known()),
    ("reactions", changed(reactions=3), {"reactions": {"👍": 2, ":a@.:": 1}}, Known()),
    ("kind", changed(kinds=("note", "renote")), {"replyId": "n0"}, Known()),
    ("kind", changed(kinds=("note", "reply")), RENOTE, Known()),
    ("kind", changed(kinds=("renote", "reply")), {}, Known()),
    ("kind", changed(kinds=("renote",)), {"renoteId": "n0"}, Known()),
    ("words", changed(words=("HELL",)), {}, Known()),
    ("words", changed(words=("日記",)), {"text": "今日の日記", "cw": None}, Known()),
    ("words", changed(words=("ＡＢＣ",)), {"cw": "abc"}, Known()),
    ("words", changed(words=("tea",)), {"poll": {"choices": [{"text": "Tea"}]}}, Known()),
    ("words", changed(words=("tea",)), {"files": [{"id": "f", "comment": "a teapot"}]}, Known()),
    ("words", changed(words=("tea",)), RENOTE | {"renote": OTHERS | {"text": "tea"}}, Known()),
    ("words", changed(words=("tea",), only_words=True), {}, Known()),
]


@pytest.mark.parametrize(("reason", "rule", "keys", "known"), KEPT)
def test_what_keeps_a_note(reason: str, rule: Rule, keys: dict[str, Any], known: Known) -> None:
    assert why_kept(note(**keys), rule, known, NOON) == reason
    # … and nothing but that.
    everything = changed(only_words=False)
    assert why_kept(note(**keys), everything, Known(), NOON) is None


@pytest.mark.parametrize(
    ("rule", "keys"),
    [
        (changed(reactions=3), {"reactions": {"👍": 2, "like": 0}}),
        (changed(words=("tea",)), {}),
        (changed(words=("hello",), only_words=True), {}),
        (changed(files=True), {"files": []}),
        (changed(direct=True), {"visibility": "followers"}),
    ],
)
def test_what_just_does_not_keep_a_note(rule: Rule, keys: dict[str, Any]) -> None:
    assert why_kept(note(**keys), rule, Known(), NOON) is None


def test_days_are_counted_from_the_very_moment() -> None:
    rule = changed(days=30)
    at = NOON - timedelta(days=30)
    assert why_kept(note(createdAt=at.isoformat()), rule, Known(), NOON) is None
    late = (at + timedelta(milliseconds=1)).isoformat()
    assert why_kept(note(createdAt=late), rule, Known(), NOON) == "young"
    ahead = (NOON + timedelta(days=2)).isoformat()
    assert why_kept(note(createdAt=ahead), rule, Known(), NOON) == "young"


def test_the_last_day_is_kept_by_every_rule() -> None:
    young = note(createdAt=(NOON - timedelta(hours=23)).isoformat())
    assert why_kept(young, changed(days=0), Known(), NOON) == "young"


def test_kinds() -> None:
    assert kind_of(note()) == "note"
    assert kind_of(note(renoteId="n0")) == "note", "a quote"
    assert kind_of(note(replyId="n0", renoteId="n2")) == "reply"
    assert kind_of(note(**RENOTE)) == "renote"


# The form -------------------------------------------------------------------------------


FORM = {"days": "30", "kind": list(KINDS)}


def sent(**changes: Any) -> Rule | Problem:
    """What comes of a form with these fields."""
    fields = {name: value for name, value in (FORM | changes).items() if value is not None}
    return rule_of(typed_in(MultiDict(fields)))


def test_a_form_becomes_a_rule_and_back(app: Flask) -> None:
    with app.test_request_context():
        rule = sent(
            days="３０",
            latest=" 100 ",
            reactions="5",
            keep=["pinned", "files"],
            kind=["renote", "note"],
            words="tea\r\n\r\n 日記 ",
            words_are="only",
        )
        assert rule == Rule(
            days=30,
            latest=100,
            reactions=5,
            pinned=True,
            favourited=False,
            clipped=False,
            files=True,
            direct=False,
            kinds=("note", "renote"),
            words=("tea", "日記"),
            only_words=True,
        )
        for one in (rule, Rule(), BARE):
            assert rule_of(as_typed(one)) == one


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        *[("days", {"days": days}) for days in ("", "0", "-1", "x", "1.5", "3651", "9" * 99)],
        ("latest", {"latest": "1001"}),
        ("latest", {"latest": "some"}),
        ("reactions", {"reactions": "-3"}),
        ("kind", {"kind": []}),
        ("kind", {"kind": ["everything"]}),
        ("words", {"words_are": "only", "words": " \n "}),
        ("words", {"words": "w" * 201}),
        ("words", {"words": "w\n" * 101}),
    ],
)
def test_what_is_no_rule(app: Flask, field: str, changes: dict[str, Any]) -> None:
    with app.test_request_context():
        problem = sent(**changes)
    assert isinstance(problem, Problem)
    assert problem.field == field
