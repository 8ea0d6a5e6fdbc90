"""Summaries while everything goes wrong at once (`tests.faults.trials`).

    python -m tests.faults.summaries --notes 300 --kills 100
    python -m tests.faults.summaries --notes 300 --kills 100 --postgresql

where each note is followed by a summary that counts it, prints what it did and what it
found: which summaries were never made or never told, and which were told twice. Some people
are told by notifications, the others by notes. The tests run a small trial of the same.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from flask_babel import force_locale
from flask_migrate import upgrade
from sqlalchemy import exists, select, update

from app import summaries
from app.extensions import db
from app.models import Account, Measure, ScheduledNote, SummaryPlan, now
from sandbox import Sandbox
from tests.faults import trials
from tests.faults.trials import PEOPLE, UPSTREAM_SECONDS, Ground
from tests.house import open_house

WAYS = (summaries.NOTIFICATION, "specified")
# Each summary says another number, for each counts another note.
BEGINNING = "Summed up"
TEMPLATE = BEGINNING + ": {notes_now} notes"
AT = ("i", "notifications/create", "notifications/create", "i/notifications", "notes/create")


@dataclass(kw_only=True)
class Found(trials.Found):
    """What came of a trial of so many `notes`, each to be counted by a summary. `missing`
    and `twice` say who was told what; `miscounted`, whose summaries were not as many as
    they were to be. `states` counts the scheduled notes that told one."""

    notes: int
    missing: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    miscounted: dict[str, int] = field(default_factory=dict)

    def is_well(self) -> bool:
        """Whether each summary was made once, and told once."""
        return not self.missing and not self.twice and not self.miscounted


def trial(ground: Ground, *, notes: int, kills: int, seed: int = 0, patience: float = 900) -> Found:
    """Write so many `notes`, have each counted by a summary, and kill workers so often, but
    no longer than there is something to tell; wait for the end, and compare. Raises
    AssertionError if it is not over after `patience` seconds."""
    chance, begun = random.Random(seed), time.monotonic()
    found = Found(notes=notes)
    with Sandbox() as sandbox, open_house(ground.settings()) as app:
        with app.app_context():
            upgrade()
            _plan(sandbox)
        wanted: Counter[str] = Counter()
        with (
            trials.workers("tests.faults.summaries", ground) as workers,
            trials.trouble(sandbox, chance, found, at=AT, every=(0.3, 1.5)),
        ):
            while (resting := _resting(app)) != set(PEOPLE) or wanted.total() < notes:
                assert time.monotonic() < begun + patience, f"not over: {wanted}, {resting}"
                for name in sorted(resting)[: notes - wanted.total()]:
                    _time_comes(app, sandbox, name)
                    wanted[name] += 1
                time.sleep(chance.uniform(0.3, 3.0))
                if found.kills < kills:
                    workers.kill_one(chance, found)
        # Whatever may still be on its way lands.
        time.sleep(UPSTREAM_SECONDS)
        _compare(app, sandbox, wanted, found)
        found.calls = len(sandbox.calls)
        found.states = trials.states(app, ScheduledNote.state)
    found.seconds = time.monotonic() - begun
    return found


def _plan(sandbox: Sandbox) -> None:
    """Everybody wants a summary, this way or that, but not soon."""
    for number, account in enumerate(trials.let_in(sandbox, PEOPLE)):
        # The server's own limits: ten notifications a minute would take an hour.
        sandbox.person(account.username).rate_limit_factor = 0
        db.session.add(
            SummaryPlan(
                account_id=account.id,
                is_on=True,
                every="day",
                weekday=0,
                hour=(now().hour - 1) % 24,
                zone="UTC",
                language="en",
                way=WAYS[number % len(WAYS)],
                template=TEMPLATE,
                next_at=now() + timedelta(days=1),
                try_at=now() + timedelta(days=1),
            )
        )
    db.session.commit()


def _resting(app: Flask) -> set[str]:
    """Those whose last summary is told."""
    under_way = exists().where(
        ScheduledNote.account_id == Account.id, ScheduledNote.state != "done"
    )
    wanted = (
        select(Account.username)
        .join(SummaryPlan, SummaryPlan.account_id == Account.id)
        .where(SummaryPlan.pending.is_(None), SummaryPlan.try_at > now() + timedelta(hours=1))
        .where(SummaryPlan.tries == 0, ~under_way)
    )
    with app.app_context():
        return set(db.session.scalars(wanted))


def _time_comes(app: Flask, sandbox: Sandbox, name: str) -> None:
    """Somebody writes a note, and it is time for their next summary."""
    with sandbox.world.lock:
        sandbox.world.create_note(sandbox.person(name), text="to be counted")
    whose = select(Account.id).where(Account.username == name).scalar_subquery()
    with app.app_context():
        db.session.execute(
            update(SummaryPlan).where(SummaryPlan.account_id == whose).values(try_at=now())
        )
        db.session.commit()


def _compare(app: Flask, sandbox: Sandbox, wanted: Counter[str], found: Found) -> None:
    for name in PEOPLE:
        with app.test_request_context(), force_locale("en"):
            mine = select(Measure).join(Account, Account.id == Measure.account_id)
            taken = list(db.session.scalars(mine.where(Account.username == name)))
            made = Counter(summaries.in_words(TEMPLATE, measure, None) for measure in taken)
        told = _told(sandbox, name)
        found.missing += [f"{name}: {words}" for words in (made - told).elements()]
        found.twice += [f"{name}: {words}" for words in (told - made).elements()]
        if made.total() != wanted[name] or len(made) != wanted[name]:
            found.miscounted[name] = made.total() - wanted[name]


def _told(sandbox: Sandbox, name: str) -> Counter[str]:
    """All that somebody was told, in notifications and in notes of their own."""
    world, person = sandbox.world, sandbox.person(name)
    said = [str(told.more.get("body")) for told in world.told.get(person.id, [])]
    said += [note.text or "" for note in world.notes.values() if note.user_id == person.id]
    return Counter(words for words in said if words.startswith(BEGINNING))


if __name__ == "__main__":
    sys.exit(trials.command_line(trial, __doc__, notes=300, kills=100))
