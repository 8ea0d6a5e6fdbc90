"""What runs while people are away: a queue, its clock, and the jobs.

What is due stands in our own tables, and only there is decided who does it. The queue just
spreads the work: every few seconds one worker looks what is due and puts the ids of accounts
and exports into it; each is taken by some worker, which does what is due for it. So a queue
that is lost loses nothing, and one that gives a job out twice does nothing twice. It holds
ids of our rows and nothing else.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from datetime import datetime
from typing import Any

import msgspec
from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer, Scheduler
from huey.registry import Message
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from app import deleting, exporting, exports, posting, summaries, summing, workers
from app.extensions import db
from app.models import new_id, storable
from app.settings import Settings

log = logging.getLogger(__name__)

TICK_SECONDS = 3
THREADS = 4
# A job that no worker had time for is dropped: the clock puts it in again.
_KEEPS_SECONDS = 2 * TICK_SECONDS


class _Plain:
    """Jobs as JSON. Huey's own way is pickle, by which whoever can write to the queue
    could run what they like."""

    def serialize(self, data: Message) -> bytes:
        return msgspec.json.encode(
            {"id": data.id, "name": data.name, "args": data.args, "until": data.expires_resolved}
        )

    def deserialize(self, data: bytes) -> Message:
        job = msgspec.json.decode(bytes(data), type=_Job)
        return Message(
            job.id,
            job.name,
            retries=0,
            retry_delay=0,
            args=job.args,
            kwargs={},
            expires=_KEEPS_SECONDS,
            expires_resolved=job.until,
        )


class _Job(msgspec.Struct):
    id: str
    name: str
    args: tuple[str, ...]
    until: datetime | None


class _SignsOfLife:
    """A worker's, in the database."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._id = new_id()
        self._name = storable(f"{platform.node()}:{os.getpid()}", 100)
        self._next = 0.0

    def beat(self) -> None:
        """Give one, if it is time to. Never fails: without its database a worker does
        nothing, but it need not be started again when that is back."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + workers.BEATS_EVERY
        try:
            with self._app.app_context():
                if not workers.beat(self._id):
                    workers.begin(self._id, self._name)
        except SQLAlchemyError as error:
            log.warning("a worker could not say that it is alive: %s", type(error).__name__)

    def end(self) -> None:
        """The last one."""
        try:
            with self._app.app_context():
                workers.end(self._id)
        except SQLAlchemyError as error:
            log.warning("a worker could not say that it ends: %s", type(error).__name__)


class _Clock(Scheduler):  # type: ignore[misc]
    """In a thread of its own, so that a worker whose threads are all busy is alive as well."""

    periodic_task_seconds = TICK_SECONDS

    def __init__(self, signs: _SignsOfLife, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._signs = signs

    def loop(self, now: Any = None) -> None:
        self._signs.beat()
        super().loop(now)


class Worker(Consumer):  # type: ignore[misc]
    """Takes jobs from the queue with several threads, and is its clock. SIGTERM ends it when
    what is under way is done."""

    def __init__(self, app: Flask, queue: Huey, **options: Any) -> None:
        self._signs = _SignsOfLife(app)
        super().__init__(queue, **options)

    def _create_scheduler(self) -> _Clock:
        return _Clock(
            self._signs, self.huey, self.stop_flag, self.scheduler_interval, self.periodic
        )

    def run(self) -> None:
        """Work until told to end."""
        try:
            super().run()
        finally:
            self._signs.end()


def worker(app: Flask, threads: int = THREADS) -> Worker:
    """A worker for `app`, to be run."""
    return Worker(
        app,
        queue_of(app),
        workers=threads,
        max_delay=1.0,
        scheduler_interval=1,
        graceful_signal="TERM",
    )


def queue_of(app: Flask) -> Huey:
    """The queue of `app`, with its jobs."""
    queue = _open(app.extensions["engawa.settings"], app)

    @queue.task(name="work_off", expires=_KEEPS_SECONDS)  # type: ignore[untyped-decorator]
    def work_off(account_id: str) -> None:
        with _standing(app):
            posting.work_off(account_id)

    @queue.task(name="tidy", expires=_KEEPS_SECONDS)  # type: ignore[untyped-decorator]
    def tidy(account_id: str) -> None:
        with _standing(app):
            deleting.work_off(account_id)

    @queue.task(name="sum_up", expires=_KEEPS_SECONDS)  # type: ignore[untyped-decorator]
    def sum_up(account_id: str) -> None:
        with _standing(app):
            summing.work_off(account_id)

    @queue.task(name="export", expires=_KEEPS_SECONDS)  # type: ignore[untyped-decorator]
    def export(export_id: str) -> None:
        with _standing(app):
            exporting.work_off(export_id)

    @queue.periodic_task(lambda _now: True, name="look", expires=_KEEPS_SECONDS)  # type: ignore[untyped-decorator]
    def look() -> None:
        with _standing(app):
            due = (
                (work_off, posting.accounts_due()),
                (tidy, deleting.accounts_due()),
                (sum_up, summing.accounts_due()),
                (export, exporting.due()),
            )
        for job, ids in due:
            for one in ids:
                job(one)

    @queue.periodic_task(crontab(minute="*/10"), name="sweep", expires=_KEEPS_SECONDS)  # type: ignore[untyped-decorator]
    def sweep() -> None:
        with _standing(app):
            exports.sweep()
            summaries.sweep()

    return queue


def _standing(app: Flask) -> Any:
    # Words that become links need a request; nobody made this one.
    return app.test_request_context(base_url=app.extensions["engawa.settings"].public_url)


def _open(settings: Settings, app: Flask) -> Huey:
    options = {"results": False, "utc": True, "serializer": _Plain()}
    if settings.redis_url is not None:
        return RedisHuey("engawa", url=settings.redis_url.reveal(), **options)
    with app.app_context():
        database = make_url(db.engine.url)
    if database.drivername == "sqlite" and database.database:
        # Beside the data, in a file of its own: neither waits for the other's locks.
        return SqliteHuey("engawa", filename=f"{database.database}-queue", **options)
    return SqliteHuey("engawa", filename=f"{app.instance_path}/queue.sqlite", **options)
