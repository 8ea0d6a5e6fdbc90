"""Scheduled notes while everything goes wrong at once (`tests.faults.trials`).

    python -m tests.faults.scheduled --notes 500 --kills 100
    python -m tests.faults.scheduled --notes 500 --kills 100 --postgresql

prints what it did and what it found: how many notes are there, how many are missing, how
many are there twice. The tests run a small trial of the same.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from flask_migrate import upgrade

from app import drafts
from app.extensions import db
from app.models import ScheduledNote, now
from app.offers import offer_for
from sandbox import Sandbox
from tests.faults import trials
from tests.faults.trials import PEOPLE, UPSTREAM_SECONDS, Ground
from tests.house import open_house


@dataclass(kw_only=True)
class Found(trials.Found):
    """What came of a trial of so many `notes`."""

    notes: int
    missing: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    def is_well(self) -> bool:
        """Whether each note is there exactly once."""
        return not self.missing and not self.twice


def trial(ground: Ground, *, notes: int, kills: int, seed: int = 0, patience: float = 600) -> Found:
    """Schedule so many `notes`, kill workers so often, wait for the end, and count.
    Raises AssertionError if it is not over after `patience` seconds."""
    chance, begun = random.Random(seed), time.monotonic()
    found = Found(notes=notes)
    with Sandbox() as sandbox, open_house(ground.settings()) as app:
        with app.app_context():
            upgrade()
            wanted = _schedule(sandbox, notes, over=max(3.0, kills * 0.8))
        with trials.workers("tests.faults.scheduled", ground) as workers:
            with trials.trouble(sandbox, chance, found, at=["notes/create"], every=(0.5, 2.5)):
                for _ in range(kills):
                    time.sleep(chance.uniform(0.2, 3.0))
                    workers.kill_one(chance, found)
            trials.wait_while(app, ScheduledNote.state, {"waiting", "sending"}, begun + patience)
        # Whatever may still be on its way lands.
        time.sleep(UPSTREAM_SECONDS)
        _count(sandbox, wanted, found)
        found.calls = len(sandbox.calls_of("notes/create"))
        found.states = trials.states(app, ScheduledNote.state)
    found.seconds = time.monotonic() - begun
    return found


def _schedule(sandbox: Sandbox, notes: int, over: float) -> Counter[tuple[str, str]]:
    """Rows for so many notes, due one after another; every tenth says what another says."""
    accounts = trials.let_in(sandbox, PEOPLE)
    wanted: Counter[tuple[str, str]] = Counter()
    for number in range(notes):
        account = accounts[number % len(accounts)]
        text = "the same again" if number % 10 == 9 else f"note {number}"
        draft = drafts.Draft(text=text)
        due_at = now() + timedelta(seconds=over * number / notes)
        db.session.add(
            ScheduledNote(
                account_id=account.id,
                data=drafts.packed(draft),
                parameters=json.dumps(drafts.parameters(draft, None, offer_for(account))),
                due_at=due_at,
                try_at=due_at,
                zone="UTC",
                language="en",
            )
        )
        wanted[account.user_id, text] += 1
    db.session.commit()
    return wanted


def _count(sandbox: Sandbox, wanted: Counter[tuple[str, str]], found: Found) -> None:
    there: Counter[tuple[str, str]] = Counter()
    for note in sandbox.world.notes.values():
        if (key := (note.user_id, note.text or "")) in wanted:
            there[key] += 1
    found.missing = [text for (_, text) in (wanted - there).elements()]
    found.twice = [text for (_, text) in (there - wanted).elements()]


if __name__ == "__main__":
    sys.exit(trials.command_line(trial, __doc__, notes=500, kills=100))
