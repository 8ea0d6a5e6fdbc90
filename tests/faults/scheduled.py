"""Scheduled notes while everything goes wrong at once: workers are killed at random moments,
answers are lost, the server says "too many" and fails.

    python -m tests.faults.scheduled --notes 500 --kills 100
    python -m tests.faults.scheduled --notes 500 --kills 100 --postgresql

prints what it did and what it found: how many notes are there, how many are missing, how
many are there twice. The tests run a small trial of the same.
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
from pathlib import Path

from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from app import create_app, drafts, jobs
from app.extensions import db
from app.misskey import Secret
from app.models import Account, ScheduledNote, Server, now
from app.offers import offer_for
from app.settings import Settings
from sandbox import Sandbox
from sandbox.endpoints.table import TABLE
from tests.faults.databases import postgresql, redis_server

ROOT = Path(__file__).parents[2]
PEOPLE = ("alice", "bob", "carol", "dave", "haru")
UPSTREAM_SECONDS = 1.0
FAULTS = ("lost", "rate-limited", "internal-error", "hang", "down")


@dataclass
class Found:
    """What came of a trial. `states` counts the rows by their state."""

    notes: int
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    seconds: float = 0


def settings_for(database_url: str, redis_url: str | None, key: str) -> Settings:
    """The settings of the trial's installation, alike in all its processes."""
    return Settings(
        public_url="http://localhost",
        secret_key=Secret("a secret key that is long enough for trials"),
        credential_keys=(Secret(key),),
        database_url=database_url,
        redis_url=Secret(redis_url) if redis_url else None,
        allow_loopback_servers=True,
        upstream_seconds=UPSTREAM_SECONDS,
    )


def trial(
    database_url: str,
    redis_url: str | None = None,
    *,
    notes: int,
    kills: int,
    workers: int = 2,
    seed: int = 0,
    patience: float = 600,
) -> Found:
    """Schedule so many `notes`, kill workers so often, wait for the end, and count.
    Raises AssertionError if it is not over after `patience` seconds."""
    chance = random.Random(seed)
    key = Fernet.generate_key().decode()
    begun = time.monotonic()
    found = Found(notes)
    app = create_app(settings_for(database_url, redis_url, key))
    with Sandbox() as sandbox:
        with app.app_context():
            upgrade()
            wanted = _schedule(sandbox, notes, over=max(3.0, kills * 0.8))
        environment = os.environ | {"TRIAL": json.dumps([database_url, redis_url, key])}
        with _workers(environment, workers) as running:
            with _trouble(sandbox, chance, found):
                for _ in range(kills):
                    time.sleep(chance.uniform(0.2, 3.0))
                    place = chance.randrange(workers)
                    running[place].kill()
                    running[place].wait()
                    running[place] = _start(environment)
                    found.kills += 1
            _wait_for_the_end(app, begun + patience)
        # Whatever may still be on its way lands.
        time.sleep(UPSTREAM_SECONDS)
        _count(sandbox, wanted, found)
        found.calls = len(sandbox.calls_of("notes/create"))
    found.states = _states(app)
    found.seconds = time.monotonic() - begun
    with app.app_context():
        app.extensions["engawa.transport"].close()
        db.session.remove()
        db.engine.dispose()
    if redis_url:
        app.session_interface.client.close()  # type: ignore[attr-defined]
    return found


def _schedule(sandbox: Sandbox, notes: int, over: float) -> Counter[tuple[str, str]]:
    """Rows for so many notes, due one after another; every tenth says what another says."""
    db.session.add(
        Server(
            host=sandbox.host,
            version="2025.11.0",
            max_note_length=3000,
            endpoints=sorted(TABLE),
            asked_at=now(),
        )
    )
    accounts = [
        Account(
            host=sandbox.host,
            user_id=sandbox.person(name).id,
            username=name,
            credential=Secret(sandbox.credential(name)),
        )
        for name in PEOPLE
    ]
    db.session.add_all(accounts)
    db.session.commit()
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


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.scheduled", "worker"],
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
    """Let one call of notes/create in a few go wrong."""
    over = threading.Event()

    def cause() -> None:
        while not over.wait(chance.uniform(0.5, 2.5)):
            if sandbox.site.misbehaviours.in_force():
                continue  # Nobody called meanwhile.
            how = chance.choice(FAULTS)
            options = {"retry_after": 1} if how == "rate-limited" else {}
            sandbox.misbehave("notes/create", how, times=1, **options)
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
        counted = select(ScheduledNote.state, func.count()).group_by(ScheduledNote.state)
        return {row.state: row[1] for row in db.session.execute(counted)}


def _wait_for_the_end(app: Flask, until: float) -> None:
    while {"waiting", "sending"} & _states(app).keys():
        assert time.monotonic() < until, f"not over: {_states(app)}"
        time.sleep(0.3)


def _count(sandbox: Sandbox, wanted: Counter[tuple[str, str]], found: Found) -> None:
    there: Counter[tuple[str, str]] = Counter()
    for note in sandbox.world.notes.values():
        if (key := (note.user_id, note.text or "")) in wanted:
            there[key] += 1
    found.missing = [text for (_, text) in (wanted - there).elements()]
    found.twice = [text for (_, text) in (there - wanted).elements()]


def _work() -> None:
    database_url, redis_url, key = json.loads(os.environ["TRIAL"])
    jobs.worker(create_app(settings_for(database_url, redis_url, key))).run()


def main() -> int:
    """The whole trial, on the command line."""
    if sys.argv[1:] == ["worker"]:
        _work()
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--notes", type=int, default=500)
    parser.add_argument("--kills", type=int, default=100)
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
    return 1 if found.missing or found.twice else 0


if __name__ == "__main__":
    sys.exit(main())
