"""Which workers are alive. Each writes down every few seconds that it is (`app.jobs`); who
has not for a minute is taken to be gone.

Pages that promise something a worker has to do say so while there is none, and so do
`flask check` and `/readyz`.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update

from app.extensions import db
from app.models import RunningWorker, now

BEATS_EVERY = 10.0
"""Seconds between two signs of life."""
ALIVE_FOR = timedelta(minutes=1)
_REMEMBERED_FOR = timedelta(days=1)


def begin(worker_id: str, name: str) -> None:
    """A worker has begun; those that went without a word a day ago are forgotten."""
    long_ago = now() - _REMEMBERED_FOR
    db.session.execute(delete(RunningWorker).where(RunningWorker.seen_at < long_ago))
    db.session.add(RunningWorker(id=worker_id, name=name))
    db.session.commit()


def beat(worker_id: str) -> bool:
    """It is still there. False if it is not known, as after a database was brought back."""
    seen = update(RunningWorker).where(RunningWorker.id == worker_id).values(seen_at=now())
    known = db.session.execute(seen).rowcount  # type: ignore[attr-defined]
    db.session.commit()
    return bool(known)


def end(worker_id: str) -> None:
    """It goes, and says so."""
    db.session.execute(delete(RunningWorker).where(RunningWorker.id == worker_id))
    db.session.commit()


def alive() -> list[RunningWorker]:
    """All that were seen lately, by name."""
    lately = RunningWorker.seen_at > now() - ALIVE_FOR
    return list(db.session.scalars(select(RunningWorker).where(lately).order_by("name")))


def are_there() -> bool:
    """Whether anybody does what is to be done while people are away."""
    return bool(alive())
