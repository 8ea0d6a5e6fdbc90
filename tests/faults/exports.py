"""Exports while everything goes wrong at once: workers are killed at random moments, answers
and files get lost, the server says "too many" and fails.

    python -m tests.faults.exports --notes 600 --kills 100
    python -m tests.faults.exports --notes 600 --kills 100 --postgresql

prints what it did and what it found: what is missing in the ZIPs, and what is in them twice.
The tests run a small trial of the same.
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
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from app import create_app, exports, jobs
from app.extensions import db
from app.misskey import Secret
from app.models import Account, Export, Server, now
from app.settings import Settings
from sandbox import Sandbox
from sandbox.endpoints.table import TABLE
from tests.faults import scheduled
from tests.faults.databases import postgresql, redis_server

ROOT = Path(__file__).parents[2]
PARTS = ("notes", "favourites", "clips", "following", "lists", "drive")
FAULTS = ("lost", "rate-limited", "internal-error", "hang", "down", "truncated")


@dataclass
class Found:
    """What came of a trial. `missing` and `twice` say whose, of which kind, and which."""

    people: int
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    seconds: float = 0


def settings_for(database_url: str, redis_url: str | None, key: str, folder: str) -> Settings:
    """The settings of the trial's installation, alike in all its processes."""
    return replace(scheduled.settings_for(database_url, redis_url, key), exports_folder=folder)


def trial(
    database_url: str,
    folder: Path,
    redis_url: str | None = None,
    *,
    notes: int,
    kills: int,
    people: tuple[str, ...] = ("alice", "bob", "carol"),
    workers: int = 2,
    seed: int = 0,
    patience: float = 900,
) -> Found:
    """Let `people`, who have so many `notes` each, make exports; kill workers so often, but
    no longer than something is being made; wait for the end, and compare. Raises
    AssertionError if it is not over after `patience` seconds."""
    chance = random.Random(seed)
    given = [database_url, redis_url, Fernet.generate_key().decode(), str(folder)]
    begun = time.monotonic()
    found = Found(len(people))
    app = create_app(settings_for(*given))  # type: ignore[arg-type]
    with Sandbox() as sandbox:
        with app.test_request_context():
            upgrade()
            _begin(sandbox, people, notes)
        environment = os.environ | {"TRIAL": json.dumps(given)}
        with _workers(environment, workers) as running, _trouble(sandbox, chance, found):
            while "running" in _states(app):
                assert time.monotonic() < begun + patience, f"not over: {_states(app)}"
                time.sleep(chance.uniform(0.3, 3.0))
                if found.kills < kills:
                    place = chance.randrange(workers)
                    running[place].kill()
                    running[place].wait()
                    running[place] = _start(environment)
                    found.kills += 1
        _compare(app, sandbox, people, found)
        found.calls = len(sandbox.calls)
    found.states = _states(app)
    found.seconds = time.monotonic() - begun
    with app.app_context():
        app.extensions["engawa.transport"].close()
        db.session.remove()
        db.engine.dispose()
    if redis_url:
        app.session_interface.client.close()  # type: ignore[attr-defined]
    return found


def _begin(sandbox: Sandbox, people: tuple[str, ...], notes: int) -> None:
    db.session.add(
        Server(
            host=sandbox.host,
            version="2025.11.0",
            max_note_length=3000,
            endpoints=sorted(TABLE),
            asked_at=now(),
        )
    )
    for name in people:
        person = sandbox.person(name)
        for number in range(notes):
            sandbox.world.create_note(person, text=f"note {number} of {name}")
        account = Account(
            host=sandbox.host,
            user_id=person.id,
            username=name,
            credential=Secret(sandbox.credential(name)),
        )
        db.session.add(account)
        db.session.commit()
        exports.begin(account, PARTS, with_files=True)


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.exports", "worker"],
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
    """Let one call, or one file, in a few go wrong."""
    over = threading.Event()

    def cause() -> None:
        while not over.wait(chance.uniform(0.5, 4.0)):
            if sandbox.site.misbehaviours.in_force():
                continue  # Nobody called meanwhile.
            how, where = chance.choice(FAULTS), chance.choice(("*", "*", "/files"))
            options = {"retry_after": 1} if how == "rate-limited" else {}
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


def _states(app: Flask) -> dict[str, int]:
    with app.app_context():
        counted = select(Export.state, func.count()).group_by(Export.state)
        return {row.state: row[1] for row in db.session.execute(counted)}


def _compare(app: Flask, sandbox: Sandbox, people: tuple[str, ...], found: Found) -> None:
    for name in people:
        with app.app_context():
            mine = select(Export).join(Account, Account.id == Export.account_id)
            row = db.session.scalars(mine.where(Account.username == name)).one()
            path = exports.archive_of(row)
        if row.state != "done":
            found.broken.append(f"{name}: {row.state} {row.problem}")
            continue
        with zipfile.ZipFile(path) as zipped:
            if (bad := zipped.testzip()) is not None:
                found.broken.append(f"{name}: {bad}")
            _compare_zip(zipped, sandbox, name, found)


def _compare_zip(zipped: zipfile.ZipFile, sandbox: Sandbox, name: str, found: Found) -> None:
    world, me = sandbox.world, sandbox.person(name).id
    lists = [made for made in world.lists.values() if made.user_id == me]
    files = {file.id: file for file in world.files.values() if file.user_id == me}
    wanted = {
        "notes": [note.id for note in world.notes.values() if note.user_id == me],
        "favourites": [id for (who, _), id in world.favorites.items() if who == me],
        "clips": [clip.id for clip in world.clips.values() if clip.user_id == me],
        "lists": [made.id for made in lists],
        "drive": list(files),
    }
    there = {kind: _ids(zipped, f"json/{kind}.jsonl") for kind in wanted}
    for clip in world.clips.values():
        if clip.user_id == me:
            wanted[clip.id] = clip.notes
            there[clip.id] = _ids(zipped, f"json/clips/{clip.id}.jsonl")
    wanted["names"] = list(dict.fromkeys(zipped.namelist()))
    there["names"] = zipped.namelist()
    for kind, ids in wanted.items():
        missing, twice = Counter(ids) - Counter(there[kind]), Counter(there[kind]) - Counter(ids)
        found.missing += [f"{name} {kind} {id}" for id in missing]
        found.twice += [f"{name} {kind} {id}" for id in twice]
    kept = {entry.split("/")[1].split("-")[0]: entry for entry in zipped.namelist()
            if entry.startswith("files/")}  # fmt: skip
    for file_id, file in files.items():
        if file_id not in kept:
            found.missing.append(f"{name} file {file_id}")
        elif zipped.read(kept[file_id]) != file.content.bytes:
            found.broken.append(f"{name} file {file_id}")


def _ids(zipped: zipfile.ZipFile, entry: str) -> list[str]:
    if entry not in zipped.namelist():
        return []
    return [json.loads(line)["id"] for line in zipped.read(entry).splitlines()]


def main() -> int:
    """The whole trial, on the command line."""
    if sys.argv[1:] == ["worker"]:
        jobs.worker(create_app(settings_for(*json.loads(os.environ["TRIAL"])))).run()
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--notes", type=int, default=600, help="of each person")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--postgresql", action="store_true", help="and Redis, instead of SQLite")
    options = parser.parse_args()
    numbers = {"notes": options.notes, "kills": options.kills, "seed": options.seed}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "exports"
        if options.postgresql:
            with postgresql() as cluster, redis_server() as redis:
                url = cluster.url(cluster.new_database())
                found = trial(url, folder, redis.url, **numbers)
        else:
            found = trial(f"sqlite:///{name}/engawa.sqlite", folder, **numbers)
    print(found)
    return 1 if found.missing or found.twice or found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
