"""What a rule keeps is never deleted, and all else goes, whatever dies and whatever gets lost:
a small trial. `python -m tests.faults.rules` runs a large one."""

from __future__ import annotations

from pathlib import Path

from tests.faults.databases import postgresql, redis_server
from tests.faults.rules import PEOPLE, Found, trial


def check(found: Found) -> None:
    """Nothing kept is lost, nothing else is left, and there was something to survive."""
    assert found.kills
    assert found.faults
    assert found.lost == []
    assert found.left == []
    assert found.states == {"resting": len(PEOPLE)}


def test_on_sqlite(tmp_path: Path) -> None:
    check(trial(f"sqlite:///{tmp_path}/engawa.sqlite", notes=20, kills=3, patience=90))


def test_on_postgresql_and_redis() -> None:
    with postgresql() as cluster, redis_server() as redis:
        check(trial(cluster.url(cluster.new_database()), redis.url, notes=20, kills=3, patience=90))
