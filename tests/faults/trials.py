"""What the trials have in common: real work of real workers while everything goes wrong at
once. Workers are killed at random moments, answers are lost, the server says "too many" and
fails; in the end the sandbox is compared with what should have come of it.

Each trial is a module (`rules`, `scheduled`, `exports`, `summaries`) with a function
`trial(ground, *, notes, kills, seed)`. It is run large on the command line, in which case
this module reads the options, and small by the tests.
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
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from app import create_app, jobs
from app.extensions import db
from app.misskey import Secret
from app.models import Account, Server, now
from app.settings import Settings
from sandbox import Sandbox
from sandbox.endpoints.table import TABLE
from tests.faults.databases import postgresql, redis_server

ROOT = Path(__file__).parents[2]
PEOPLE = ("alice", "bob", "carol", "dave", "haru")
UPSTREAM_SECONDS = 1.0
FAULTS = ("lost", "rate-limited", "internal-error", "hang", "down")
WORKERS = 2


@dataclass(kw_only=True)
class Found:
    """What came of a trial. `states` counts the rows by their state; a trial adds what it
    found wrong."""

    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    states: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    seconds: float = 0

    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        raise NotImplementedError


# Where --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """Where a trial takes place: a database of its own, and a folder. All of a trial's
    processes are told the same."""

    folder: str
    database_url: str
    redis_url: str | None = None
    key: str = field(default_factory=lambda: Fernet.generate_key().decode(), repr=False)

    def settings(self) -> Settings:
        """The settings of the trial's installation, alike in all its processes."""
        return Settings(
            public_url="http://localhost",
            secret_key=Secret("a secret key that is long enough for trials"),
            credential_keys=(Secret(self.key),),
            database_url=self.database_url,
            redis_url=Secret(self.redis_url) if self.redis_url else None,
            exports_folder=f"{self.folder}/exports",
            allow_loopback_servers=True,
            upstream_seconds=UPSTREAM_SECONDS,
        )


def on_sqlite(folder: Path) -> Ground:
    """On SQLite, in `folder`."""
    return Ground(str(folder), f"sqlite:///{folder}/engawa.sqlite")


@contextmanager
def on_postgresql(folder: Path) -> Iterator[Ground]:
    """On PostgreSQL and Redis, which run for as long."""
    with postgresql() as cluster, redis_server() as redis:
        yield Ground(str(folder), cluster.url(cluster.new_database()), redis.url)


def let_in(sandbox: Sandbox, people: Sequence[str]) -> list[Account]:
    """Rows for the sandbox and its `people`, as they are after signing in."""
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
        for name in people
    ]
    db.session.add_all(accounts)
    db.session.commit()
    return accounts


# What goes wrong ----------------------------------------------------------------------------


class Workers:
    """Workers in processes of their own, that may die at any moment."""

    def __init__(self, trial: str, ground: Ground) -> None:
        """`trial` is the name of the module that is run."""
        self._command = [sys.executable, "-m", trial, "worker"]
        self._environment = os.environ | {"TRIAL": json.dumps(astuple(ground))}
        self._running = [self._start() for _ in range(WORKERS)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill_one(self, chance: random.Random, found: Found) -> None:
        """Kill one, whatever it does, and start another in its place."""
        place = chance.randrange(WORKERS)
        _kill(self._running[place])
        self._running[place] = self._start()
        found.kills += 1

    def end(self) -> None:
        """No worker any more."""
        for process in self._running:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@contextmanager
def workers(trial: str, ground: Ground) -> Iterator[Workers]:
    """Workers of `trial`, ended in the end."""
    running = Workers(trial, ground)
    try:
        yield running
    finally:
        running.end()


@contextmanager
def trouble(
    sandbox: Sandbox,
    chance: random.Random,
    found: Found,
    *,
    at: Sequence[str],
    every: tuple[float, float],
    faults: Sequence[str] = FAULTS,
) -> Iterator[None]:
    """Let one call in a few go wrong: at one of the endpoints `at`, by one of `faults`, so
    many seconds after another at the least and at the most. What is named twice is twice as
    likely."""
    over = threading.Event()

    def cause() -> None:
        while not over.wait(chance.uniform(*every)):
            if sandbox.site.misbehaviours.in_force():
                continue  # Nobody called meanwhile.
            how, where = chance.choice(faults), chance.choice(at)
            options: dict[str, Any] = {"retry_after": 1} if how == "rate-limited" else {}
            sandbox.misbehave(where, how, times=1, **options)
            found.faults[how] += 1

    thread = threading.Thread(target=cause)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        sandbox.behave()


# The end ------------------------------------------------------------------------------------


def states(app: Flask, column: InstrumentedAttribute[str]) -> dict[str, int]:
    """How many rows there are in each state, which `column` holds."""
    with app.app_context():
        counted = select(column, func.count()).group_by(column)
        return dict(db.session.execute(counted).all())


def wait_while(
    app: Flask, column: InstrumentedAttribute[str], going_on: Set[str], until: float
) -> None:
    """Wait until no row is in one of the states `going_on`. Raises AssertionError if that
    lasts longer than `until`, by the clock of time.monotonic."""
    while going_on & (there := states(app, column)).keys():
        assert time.monotonic() < until, f"not over: {there}"
        time.sleep(0.3)


# The command line ---------------------------------------------------------------------------


class Trial(Protocol):
    """A trial of so many `notes` and `kills`; chance begins at `seed`."""

    def __call__(self, ground: Ground, *, notes: int, kills: int, seed: int = ...) -> Found: ...


def command_line(trial: Trial, doc: str | None, *, notes: int, kills: int) -> int:
    """Run the whole trial as the command line has it, or as one of its workers; the code to
    exit with."""
    if sys.argv[1:] == ["worker"]:
        jobs.worker(create_app(Ground(*json.loads(os.environ["TRIAL"])).settings())).run()
        return 0
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n\n")[0])
    parser.add_argument("--notes", type=int, default=notes)
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--postgresql", action="store_true", help="and Redis, instead of SQLite")
    options = parser.parse_args()
    numbers = {"notes": options.notes, "kills": options.kills, "seed": options.seed}
    with tempfile.TemporaryDirectory() as name:
        if options.postgresql:
            with on_postgresql(Path(name)) as ground:
                found = trial(ground, **numbers)
        else:
            found = trial(on_sqlite(Path(name)), **numbers)
    print(found)
    return 0 if found.is_well() else 1
