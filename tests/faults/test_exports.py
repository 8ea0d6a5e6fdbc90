"""An export is complete, and nothing is in it twice, whatever dies and whatever gets lost: a
small trial. `python -m tests.faults.exports` runs a large one."""

from __future__ import annotations

from pathlib import Path

from tests.faults.exports import Found, trial
from tests.faults.trials import Ground, on_postgresql, on_sqlite


def small(ground: Ground) -> Found:
    """A trial that takes a test's time."""
    # After each failure the next try waits twice as long: bad luck takes its time.
    return trial(ground, notes=210, kills=3, people=("alice",), patience=300)


def check(found: Found) -> None:
    """The ZIP is whole, and there was something to survive."""
    assert found.kills
    assert found.faults
    assert found.broken == []
    assert found.missing == []
    assert found.twice == []
    assert found.states == {"done": found.people}


def test_on_sqlite(tmp_path: Path) -> None:
    check(small(on_sqlite(tmp_path)))


def test_on_postgresql_and_redis(tmp_path: Path) -> None:
    with on_postgresql(tmp_path) as ground:
        check(small(ground))
