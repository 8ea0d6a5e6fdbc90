"""What workers have to do, for the operator: `flask jobs` lists it, lets something be tried
again, and forgets it.

What people wrote is not shown: whose it is, what kind, and why it does not go on. Rules for
old notes and summaries come again and again; they are counted, and are their person's alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import ColumnElement, and_, case, func, or_, select

from app import exports, scheduling, tidying
from app.extensions import db
from app.models import Account, DeletionRule, Export, ScheduledNote, SummaryPlan, now
from app.scheduling import TROUBLE
from app.telling import in_language_of_page

LATE_AFTER = timedelta(minutes=5)
_SHOWN = 100
_AT_WORK = ("waiting", "sending", "running")

_Row = ScheduledNote | Export
_Table = type[ScheduledNote] | type[Export]
_TABLES: tuple[tuple[_Table, str], ...] = ((ScheduledNote, "note"), (Export, "export"))

jobs = AppGroup("jobs", help="What is to be done while people are away.")


class CannotDo(Exception):
    """The operator asked for something that can't be done; the text says why."""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that is to be done, and does not go as it should."""

    id: str
    kind: str
    state: str
    handle: str
    since: datetime
    why: str


def init_app(app: Flask) -> None:
    """Give `flask` these commands."""
    app.cli.add_command(jobs)


# What there is ------------------------------------------------------------------------


def count_late() -> int:
    """How many jobs should have been begun minutes ago, those that come again included."""
    late = (
        select(ScheduledNote.id).where(_is_late(ScheduledNote)),
        select(Export.id).where(_is_late(Export)),
        select(DeletionRule.account_id)
        .where(DeletionRule.state.in_(tidying.WORK))
        .where(DeletionRule.try_at < now() - LATE_AFTER),
        select(SummaryPlan.account_id)
        .where(SummaryPlan.is_on)
        .where(SummaryPlan.try_at < now() - LATE_AFTER),
    )
    counted = (select(func.count()).select_from(one.subquery()) for one in late)
    return sum(db.session.scalar(one) or 0 for one in counted)


def _is_late(table: _Table) -> ColumnElement[bool]:
    return and_(table.state.in_(_AT_WORK), table.try_at < now() - LATE_AFTER)


def _stuck(table: _Table, kind: str) -> Iterator[Job]:
    """What is late, what failed, and what waits for a server, the oldest first."""
    wanted = (
        select(table, Account)
        .join(Account, Account.id == table.account_id)
        .where(table.state.in_((*_AT_WORK, *TROUBLE)))
        .where(or_(_is_late(table), table.state.in_(TROUBLE), table.tries > 0))
        .order_by(table.try_at)
        .limit(_SHOWN)
    )
    for row, account in cast(Iterable[tuple[_Row, Account]], db.session.execute(wanted)):
        since = row.due_at if isinstance(row, ScheduledNote) else row.created_at
        yield Job(row.id, kind, row.state, account.handle, since, _why(row))


def _why(row: _Row) -> str:
    if row.problem:
        return in_language_of_page(row.problem)
    if row.try_at > now():
        return f"tried {row.tries} times, again at {row.try_at:%Y-%m-%d %H:%M} UTC"
    return f"late since {row.try_at:%Y-%m-%d %H:%M} UTC"


@jobs.command("list")
def list_jobs() -> None:
    """How many jobs there are by state, and those that do not go as they should."""
    for column, kinds in (
        (ScheduledNote.state, "notes"),
        (Export.state, "exports"),
        (DeletionRule.state, "rules"),
        (case((SummaryPlan.is_on, "on"), else_="off"), "summaries"),
    ):
        by_state = select(column, func.count()).group_by(column).order_by(column)
        counts = ", ".join(f"{count} {state}" for state, count in db.session.execute(by_state))
        click.echo(f"{kinds}: {counts or 'none'}")
    click.echo(f"late by more than {LATE_AFTER.seconds // 60} minutes: {count_late()}")
    for table, kind in _TABLES:
        for job in _stuck(table, kind):
            click.echo(
                f"{job.id}  {job.kind:<6} {job.state:<8} {job.since:%Y-%m-%d %H:%M}  "
                f"{job.handle}  {job.why}"
            )


# What can be done about it ------------------------------------------------------------


@jobs.command("retry")
@click.argument("job_id", metavar="ID")
def retry_job(job_id: str) -> None:
    """Let a job that failed, or that waits for its server, be tried at once."""
    try:
        row = _found(job_id)
        if isinstance(row, ScheduledNote):
            _retry_note(row)
        else:
            _retry_export(row)
    except CannotDo as error:
        raise click.ClickException(str(error)) from None
    click.echo("A worker tries it within seconds.")


@jobs.command("forget")
@click.argument("job_id", metavar="ID")
def forget_job(job_id: str) -> None:
    """Let a job not be done: a scheduled note becomes a draft of its person's, an export is
    deleted with all its files."""
    try:
        row = _found(job_id)
        if isinstance(row, Export):
            exports.remove(row)
            click.echo("The export and its files are deleted.")
            return
        account = db.session.get_one(Account, row.account_id)
        if not scheduling.set_aside(account, row):
            raise CannotDo(_TOO_LATE)
    except CannotDo as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"It is not posted. The text is among the drafts of {account.handle}.")


_TOO_LATE = "It is being posted right now, or was posted already."


def _found(job_id: str) -> _Row:
    row = db.session.get(ScheduledNote, job_id) or db.session.get(Export, job_id)
    if row is None:
        raise CannotDo(f"There is no job {job_id!r}. `flask jobs list` names them.")
    return row


def _retry_note(row: ScheduledNote) -> None:
    if row.state == "unknown":
        raise CannotDo(
            "Perhaps it was posted, and only its person can tell: to try again could post it "
            "twice. They are asked on every page."
        )
    if row.state == "waiting" and row.due_at > now():
        raise CannotDo(f"It is not due before {row.due_at:%Y-%m-%d %H:%M} UTC.")
    is_moved = scheduling.hurry(row) if row.state == "failed" else scheduling.hasten(row)
    if not is_moved:
        raise CannotDo(_TOO_LATE)


def _retry_export(row: Export) -> None:
    is_moved = exports.go_on(row) if row.state == "failed" else exports.hasten(row)
    if not is_moved:
        raise CannotDo(f"There is nothing to try again: it is {row.state}.")
