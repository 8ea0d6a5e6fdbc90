"""Old notes deleted by a rule while everything goes wrong at once: workers are killed at random
moments, answers are lost, the server says "too many" and fails, and meanwhile people pin,
favourite and clip notes that were found already.

    python -m tests.faults.rules --notes 300 --kills 60
    python -m tests.faults.rules --notes 300 --kills 60 --postgresql

prints what it did and what it found: which notes are gone that were to be kept, and which
are left that were not. The tests run a small trial of the same.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec
from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from app import create_app, deleting, jobs
from app.extensions import db
from app.misskey import Secret
from app.models import Account, DeletionRule, Server, now
from app.rules import Rule
from sandbox import Sandbox
from sandbox.endpoints.table import TABLE
from sandbox.records import Note
from tests.faults.databases import postgresql, redis_server
from tests.faults.scheduled import ROOT, settings_for

PEOPLE = ("alice", "bob", "carol", "dave", "haru")
FAULTS = ("lost", "lost", "rate-limited", "internal-error", "hang", "down")
AT = ("notes/delete", "notes/delete", "notes/show", "notes/state", "i", "clips/list", "users/notes")
WORDS = "keepsake"
RULE = Rule(days=30, latest=3, words=(WORDS,), files=True)
DAY = 86_400


@dataclass
class Found:
    """What came of a trial. `states` counts the rules by their state."""

    notes: int
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    kept_meanwhile: int = 0
    lost: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    seconds: float = 0


@dataclass
class Plan:
    """Which notes are to be there in the end, and which are not."""

    kept: set[str] = field(default_factory=set)
    going: list[Note] = field(default_factory=list)


def trial(
    database_url: str,
    redis_url: str | None = None,
    *,
    notes: int,
    kills: int,
    workers: int = 2,
    seed: int = 0,
    patience: float = 900,
) -> Found:
    """Write so many `notes` that are to go, and as many that stay; delete by rules, kill
    workers so often, wait for the end, and compare. Raises AssertionError if it is not over
    after `patience` seconds."""
    chance = random.Random(seed)
    key = Fernet.generate_key().decode()
    begun = time.monotonic()
    found = Found(notes)
    app = create_app(settings_for(database_url, redis_url, key))
    with Sandbox() as sandbox:
        plan = _write(sandbox, chance, notes)
        with app.app_context():
            upgrade()
            _agree(sandbox)
        environment = os.environ | {"TRIAL": json.dumps([database_url, redis_url, key])}
        with _workers(environment, workers) as running:
            with _trouble(sandbox, chance, found):
                for _ in range(kills):
                    time.sleep(chance.uniform(0.2, 2.0))
                    _keep_one_more(sandbox, chance, plan, found)
                    place = chance.randrange(workers)
                    running[place].kill()
                    running[place].wait()
                    running[place] = _start(environment)
                    found.kills += 1
            _wait_for_the_end(app, begun + patience)
        there = set(sandbox.world.notes)
        found.lost = sorted(plan.kept - there)
        found.left = sorted(note.id for note in plan.going if note.id in there)
        found.calls = len(sandbox.calls_of("notes/delete"))
    found.states = _states(app)
    found.seconds = time.monotonic() - begun
    with app.app_context():
        app.extensions["engawa.transport"].close()
        db.session.remove()
        db.engine.dispose()
    if redis_url:
        app.session_interface.client.close()  # type: ignore[attr-defined]
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
    db.session.add(
        Server(
            host=sandbox.host,
            version="2025.11.0",
            max_note_length=3000,
            endpoints=sorted(TABLE),
            asked_at=now(),
        )
    )
    for name in PEOPLE:
        account = Account(
            host=sandbox.host,
            user_id=sandbox.person(name).id,
            username=name,
            credential=Secret(sandbox.credential(name)),
        )
        db.session.add(account)
        db.session.flush()
        rule = msgspec.json.encode(RULE).decode()
        db.session.add(
            DeletionRule(
                account_id=account.id, rule=rule, language="en", state="looking", is_agreed=True
            )
        )
    db.session.commit()


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.rules", "worker"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def _workers(environment: dict[str, str], count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    running = [_start(environment) for _ in range(count)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


@contextmanager
def _trouble(sandbox: Sandbox, chance: random.Random, found: Found) -> Iterator[None]:
    """Let one call in a few go wrong."""
    over = threading.Event()

    def cause() -> None:
        while not over.wait(chance.uniform(0.3, 1.5)):
            if sandbox.site.misbehaviours.in_force():
                continue  # Nobody called meanwhile.
            how = chance.choice(FAULTS)
            options = {"retry_after": 1} if how == "rate-limited" else {}
            sandbox.misbehave(chance.choice(AT), how, times=1, **options)
            found.faults[how] += 1

    thread = threading.Thread(target=cause)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        sandbox.behave()


def _states(app: Flask) -> dict[str, int]:
    with app.app_context():
        counted = select(DeletionRule.state, func.count()).group_by(DeletionRule.state)
        return {row.state: row[1] for row in db.session.execute(counted)}


def _wait_for_the_end(app: Flask, until: float) -> None:
    while {"looking", "running"} & _states(app).keys():
        assert time.monotonic() < until, f"not over: {_states(app)}"
        time.sleep(0.3)


def _work() -> None:
    database_url, redis_url, key = json.loads(os.environ["TRIAL"])
    # Without the waits between deletions, which only take time.
    deleting.PACE = timedelta(milliseconds=1)
    jobs.worker(create_app(settings_for(database_url, redis_url, key))).run()


def main() -> int:
    """The whole trial, on the command line."""
    if sys.argv[1:] == ["worker"]:
        _work()
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--notes", type=int, default=300)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--postgresql", action="store_true", help="and Redis, instead of SQLite")
    options = parser.parse_args()
    numbers = {"notes": options.notes, "kills": options.kills, "seed": options.seed}
    if options.postgresql:
        with postgresql() as cluster, redis_server() as redis:
            found = trial(cluster.url(cluster.new_database()), redis.url, **numbers)
    else:
        with tempfile.TemporaryDirectory() as folder:
            found = trial(f"sqlite:///{folder}/engawa.sqlite", **numbers)
    print(found)
    return 1 if found.lost or found.left else 0


if __name__ == "__main__":
    sys.exit(main())
