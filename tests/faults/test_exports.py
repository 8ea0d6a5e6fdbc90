"""An export is complete, and nothing is in it twice, whatever dies and whatever gets lost: a
small trial. `python -m tests.faults.exports` runs a large one."""

from __future__ import annotations

from pathlib import Path

from tests.faults.databases import postgresql, redis_server
from tests.faults.exports import Found, trial

SMALL = {"notes": 210, "kills": 3, "people": ("alice",), "patience": 150}


def check(found: Found) -> None:
    """The ZIP is whole, and there was something to survive."""
    assert found.kills
    assert found.faults
    assert found.broken == []
    assert found.missing == []
    assert found.twice == []
    assert found.states == {"done": found.people}


def test_on_sqlite(tmp_path: Path) -> None:
    check(trial(f"sqlite:///{tmp_path}/engawa.sqlite", tmp_path / "exports", **SMALL))  # type: ignore[arg-type]


def test_on_postgresql_and_redis(tmp_path: Path) -> None:
    with postgresql() as cluster, redis_server() as redis:
        url = cluster.url(cluster.new_database())
        check(trial(url, tmp_path / "exports", redis.url, **SMALL))  # type: ignore[arg-type]
