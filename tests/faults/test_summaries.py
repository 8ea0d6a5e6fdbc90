"""Each summary is made once and told once, whatever dies and whatever gets lost: a small
trial. `python -m tests.faults.summaries` runs a large one."""

from __future__ import annotations

from pathlib import Path

from tests.faults.summaries import Found, trial
from tests.faults.trials import on_postgresql, on_sqlite


def check(found: Found) -> None:
    """Nothing is lost, nothing is told twice, and there was something to survive."""
    assert found.kills
    assert found.faults
    assert found.missing == []
    assert found.twice == []
    assert found.miscounted == {}
    assert found.states.keys() == {"done"}


def test_on_sqlite(tmp_path: Path) -> None:
    check(trial(on_sqlite(tmp_path), notes=10, kills=3, patience=90))


def test_on_postgresql_and_redis(tmp_path: Path) -> None:
    with on_postgresql(tmp_path) as ground:
        check(trial(ground, notes=10, kills=3, patience=90))
