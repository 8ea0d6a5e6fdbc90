"""Old notes deleted by a rule while everything goes wrong at once (`tests.faults.trials`), and
meanwhile people pin, favourite and clip notes that were found already.

    python -m tests.faults.rules --notes 300 --kills 60
    python -m tests.faults.rules --notes 300 --kills 60 --postgresql

prints what it did and what it found: which notes are gone that were to be kept, and which
are left that were not. The tests run a small trial of the same.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec
from flask_migrate import upgrade

from app import deleting
from app.extensions import db
from app.models import DeletionRule
from app.rules import Rule
from sandbox import Sandbox
from sandbox.records import Note
from tests.faults import trials
from tests.faults.trials import PEOPLE, Ground
from tests.house import open_house

FAULTS = ("lost", *trials.FAULTS)
AT = ("notes/delete", "notes/delete", "notes/show", "notes/state", "i", "clips/list", "users/notes")
WORDS = "keepsake"
RULE = Rule(days=30, latest=3, words=(WORDS,), files=True)
DAY = 86_400


@dataclass(kw_only=True)
class Found(trials.Found):
    """What came of a trial of so many `notes`, of which some were kept meanwhile."""

    notes: int
    kept_meanwhile: int = 0
    lost: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def is_well(self) -> bool:
        """Whether what was to be kept is there, and nothing else."""
        return not self.lost and not self.left


@dataclass
class Plan:
    """Which notes are to be there in the end, and which are not."""

    kept: set[str] = field(default_factory=set)
    going: list[Note] = field(default_factory=list)


def trial(ground: Ground, *, notes: int, kills: int, seed: int = 0, patience: float = 900) -> Found:
    """Write so many `notes` that are to go, and as many that stay; delete by rules, kill
    workers so often, wait for the end, and compare. Raises AssertionError if it is not over
    after `patience` seconds."""
    chance, begun = random.Random(seed), time.monotonic()
    found = Found(notes=notes)
    with Sandbox() as sandbox, open_house(ground.settings()) as app:
        plan = _write(sandbox, chance, notes)
        with app.app_context():
            upgrade()
            _agree(sandbox)
        with trials.workers("tests.faults.rules", ground) as workers:
            with trials.trouble(sandbox, chance, found, at=AT, every=(0.3, 1.5), faults=FAULTS):
                for _ in range(kills):
                    time.sleep(chance.uniform(0.2, 2.0))
                    _keep_one_more(sandbox, chance, plan, found)
                    workers.kill_one(chance, found)
            trials.wait_while(app, DeletionRule.state, {"looking", "running"}, begun + patience)
        there = set(sandbox.world.notes)
        found.lost = sorted(plan.kept - there)
        found.left = sorted(note.id for note in plan.going if note.id in there)
        found.calls = len(sandbox.calls_of("notes/delete"))
        found.states = trials.states(app, DeletionRule.state)
    found.seconds = time.monotonic() - begun
    return found


def _write(sandbox: Sandbox, chance: random.Random, notes: int) -> Plan:
    """Nothing but our own notes: those that go, and as many that stay, for every reason."""
    world, plan = sandbox.world, Plan()
    world.settings.max_note_text_length = 3000
    with world.lock:
        for note in list(world.notes.values()):
            if note.id in world.notes and world.people[note.user_id].username in PEOPLE:
                world.delete_note(note)
        clock = world.clock.now()
        for number in range(2 * notes):
            person = world.person(PEOPLE[number % len(PEOPLE)])
            # The server's own limits, but for the waits: three hundred an hour take an hour.
            person.rate_limit_factor = 0
            at = clock - chance.uniform(31, 900) * DAY
            note = world.create_note(person, text=f"note {number}", at=at)
            if number // len(PEOPLE) % 2:
                plan.going.append(note)
                continue
            plan.kept.add(note.id)
            _keep(sandbox, note, chance.choice(["words", "pin", "star", "clip", "direct"]))
        for name in PEOPLE:
            for days in (1, 2, 3):
                young = world.create_note(world.person(name), text="young", at=clock - days * DAY)
                plan.kept.add(young.id)
    return plan


def _keep(sandbox: Sandbox, note: Note, how: str) -> None:
    world = sandbox.world
    person = world.people[note.user_id]
    if how == "words":
        note.text = f"{note.text} {WORDS}"
    elif how == "pin":
        person.pinned.append(note.id)
    elif how == "star":
        world.add_favorite(person, note)
    elif how == "direct":
        note.visibility = "specified"
    else:
        mine = [clip for clip in world.clips.values() if clip.user_id == person.id]
        world.clip_note(mine[0] if mine else world.create_clip(person, "mine", None, False), note)


def _keep_one_more(sandbox: Sandbox, chance: random.Random, plan: Plan, found: Found) -> None:
    """Somebody comes to like a note that was to go. Not one that a call may be about."""
    with sandbox.world.lock:
        asked = {call.body.get("noteId") for call in sandbox.calls[-20:]}
        there = [
            note for note in plan.going if note.id in sandbox.world.notes and note.id not in asked
        ]
        if not there:
            return
        note = chance.choice(there)
        _keep(sandbox, note, chance.choice(["words", "pin", "star", "clip"]))
    plan.going.remove(note)
    plan.kept.add(note.id)
    found.kept_meanwhile += 1


def _agree(sandbox: Sandbox) -> None:
    """Everybody has said yes; all that is left is to look once more, and to delete."""
    rule = msgspec.json.encode(RULE).decode()
    for account in trials.let_in(sandbox, PEOPLE):
        db.session.add(
            DeletionRule(
                account_id=account.id, rule=rule, language="en", state="looking", is_agreed=True
            )
        )
    db.session.commit()


def main() -> int:
    """The whole trial, or one of its workers, on the command line."""
    # Without the waits between deletions, which only take time.
    deleting.PACE = timedelta(milliseconds=1)
    return trials.command_line(trial, __doc__, notes=300, kills=60)


if __name__ == "__main__":
    sys.exit(main())
