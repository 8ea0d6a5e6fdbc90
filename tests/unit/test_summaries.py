"""When a summary is due, and what its template says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from flask import Flask

from app.models import Measure
from app.problems import Problem
from app.summaries import WAYS, Plan, Typed, in_words, next_after, plan_of

PLAN = Plan("day", 0, 9, "Europe/Berlin", "notification", "{notes}")


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Case:
    """A moment, what is changed of a daily plan at nine in Berlin, and when it is due."""

    moment: str
    due: str
    changes: dict[str, Any] = field(default_factory=dict)


CASES = [
    Case("2026-11-23T07:59", "2026-11-23T08:00"),
    Case("2026-11-23T08:00", "2026-11-24T08:00"),
    Case("2026-07-01T06:59", "2026-07-01T07:00"),
    # Half past two does not exist on the day the clocks are put forward, two neither.
    Case("2026-03-28T12:00", "2026-03-29T01:00", {"hour": 2}),
    # … and is there twice when they are put back: the first is meant, and only that.
    Case("2026-10-24T12:00", "2026-10-25T00:00", {"hour": 2}),
    Case("2026-10-25T00:00", "2026-10-26T01:00", {"hour": 2}),
    # The 23rd is a Monday.
    Case("2026-11-23T08:00", "2026-11-30T08:00", {"every": "week"}),
    Case("2026-11-23T08:00", "2026-11-29T08:00", {"every": "week", "weekday": 6}),
    Case("2026-11-23T15:30", "2026-11-24T00:00", {"zone": "Asia/Tokyo"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.moment)
def test_when_it_is_due(case: Case) -> None:
    plan = msgspec.structs.replace(PLAN, **case.changes)
    assert next_after(at(case.moment), plan) == at(case.due)


def measure(notes: int, followers: int, reactions: int | None = None) -> Measure:
    """Some numbers."""
    return Measure(notes=notes, followers=followers, following=7, reactions=reactions)


def test_what_it_says(app: Flask) -> None:
    template = "{notes} {notes_now} {followers} {following} {reactions} {{notes}} {other} {"
    with app.test_request_context():
        said = in_words(template, measure(1234, 5, 3), measure(1200, 6))
        assert said == "+34 1,234 -1 0 +3 {+34} {other} {"
        assert in_words("{notes} {reactions}", measure(1, 2), None) == "? ?"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("every", "hour"),
        ("weekday", "7"),
        ("hour", "24"),
        ("hour", "²"),
        ("zone", "Mars"),
        ("way", "pigeon"),
        ("template", " \n"),
        ("template", "x" * 1001),
        ("template", "{notes} {fame}"),
        ("template", "{}"),
    ],
)
def test_what_is_no_plan(app: Flask, field: str, value: str) -> None:
    typed = Typed(zone="asia/tokyo", template="{notes}")
    with app.test_request_context():
        plan = plan_of(typed, WAYS)
        assert isinstance(plan, Plan)
        assert plan.zone == "Asia/Tokyo"
        problem = plan_of(msgspec.structs.replace(typed, **{field: value}), WAYS)
    assert isinstance(problem, Problem)
    assert problem.field == field
