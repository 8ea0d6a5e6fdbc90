"""What a rule keeps is never deleted, and all else goes, whatever dies and whatever gets lost:
a small trial. `python -m tests.faults.rules` runs a large one."""

from __future__ import annotations

from pathlib import Path

from tests.faults.rules import Found, trial
from tests.faults.trials import PEOPLE, on_postgresql, on_sqlite


def check(found: Found) -> None:
    """Nothing kept is lost, nothing else is left, and there was something to survive."""
    assert found.kills
    assert found.faults
    assert found.lost == []
    assert found.left == []
    assert found.states == {"resting": len(PEOPLE)}


def test_on_sqlite(tmp_path: Path) -> None:
    check(trial(on_sqlite(tmp_path), notes=20, kills=3, patience=90))


def test_on_postgresql_and_redis(tmp_path: Path) -> None:
    with on_postgresql(tmp_path) as ground:
        check(trial(ground, notes=20, kills=3, patience=90))
