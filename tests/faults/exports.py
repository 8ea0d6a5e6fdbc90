"""Exports while everything goes wrong at once (`tests.faults.trials`), and files get lost, too.

    python -m tests.faults.exports --notes 600 --kills 100
    python -m tests.faults.exports --notes 600 --kills 100 --postgresql

where the notes are those of each person, prints what it did and what it found: what is
missing in the ZIPs, and what is in them twice. The tests run a small trial of the same.
"""

from __future__ import annotations

import json
import random
import sys
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from app import exports
from app.extensions import db
from app.models import Account, Export
from sandbox import Sandbox
from tests.faults import trials
from tests.faults.trials import Ground
from tests.house import open_house

PARTS = ("notes", "favourites", "clips", "following", "lists", "drive")
FAULTS = (*trials.FAULTS, "truncated")
AT = ("*", "*", "/files")


@dataclass(kw_only=True)
class Found(trials.Found):
    """What came of a trial. `missing` and `twice` say whose, of which kind, and which."""

    people: int
    missing: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def is_well(self) -> bool:
        """Whether the ZIPs are whole, with nothing in them twice."""
        return not self.missing and not self.twice and not self.broken


def trial(
    ground: Ground,
    *,
    notes: int,
    kills: int,
    seed: int = 0,
    people: tuple[str, ...] = ("alice", "bob", "carol"),
    patience: float = 900,
) -> Found:
    """Let `people`, who have so many `notes` each, make exports; kill workers so often, but
    no longer than something is being made; wait for the end, and compare. Raises
    AssertionError if it is not over after `patience` seconds."""
    chance, begun = random.Random(seed), time.monotonic()
    found = Found(people=len(people))
    with Sandbox() as sandbox, open_house(ground.settings()) as app:
        with app.test_request_context():
            upgrade()
            _begin(sandbox, people, notes)
        with (
            trials.workers("tests.faults.exports", ground) as workers,
            trials.trouble(sandbox, chance, found, at=AT, every=(0.5, 4.0), faults=FAULTS),
        ):
            while "running" in (there := trials.states(app, Export.state)):
                assert time.monotonic() < begun + patience, f"not over: {there}"
                time.sleep(chance.uniform(0.3, 3.0))
                if found.kills < kills:
                    workers.kill_one(chance, found)
        _compare(app, sandbox, people, found)
        found.calls = len(sandbox.calls)
        found.states = trials.states(app, Export.state)
    found.seconds = time.monotonic() - begun
    return found


def _begin(sandbox: Sandbox, people: tuple[str, ...], notes: int) -> None:
    for account in trials.let_in(sandbox, people):
        person = sandbox.person(account.username)
        for number in range(notes):
            sandbox.world.create_note(person, text=f"note {number} of {person.username}")
        exports.begin(account, PARTS, with_files=True)


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


if __name__ == "__main__":
    sys.exit(trials.command_line(trial, __doc__, notes=600, kills=100))
