"""`/scheduled`: notes that are posted later, as a list and month by month."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from app import keeping, posting, scheduling, workers
from app.drafts import Draft
from app.extensions import db
from app.models import Account, ScheduledNote, now
from app.notices import leave_notice
from app.scheduling import TROUBLE, WORK
from app.security import account_of_form, required_account
from app.zones import usual_zone

bp = Blueprint("scheduled", __name__)


@bp.get("/scheduled")
def index() -> ResponseReturnValue:
    """What needs the person, what waits, and what was posted in the last days."""
    account = required_account()
    return render_template(
        "scheduled/index.html",
        account=account,
        troubled=_with_drafts(scheduling.listed(account, *TROUBLE)),
        waiting=_with_drafts(scheduling.listed(account, *WORK)),
        done=_with_drafts(scheduling.listed(account, "done"))[::-1],
        month=_today(account),
        problem_of=scheduling.problem_of,
        is_worked=workers.are_there(),
    )


@bp.get("/scheduled/month/<when>")
def month(when: str) -> ResponseReturnValue:
    """One month (`2030-05`) as a table of weeks, by the clock the person used last."""
    account = required_account()
    first = _first_of(when) or abort(404)
    zone = _zone(account)
    after = (first + timedelta(days=31)).replace(day=1)
    by_day: dict[date, list[ScheduledNote]] = {}
    for row in scheduling.within(account, _midnight(first, zone), _midnight(after, zone)):
        by_day.setdefault(row.due_at.astimezone(zone).date(), []).append(row)
    locale = get_locale()
    begins_on = locale.first_week_day if locale is not None else 0
    return render_template(
        "scheduled/month.html",
        account=account,
        first=first,
        before=first - timedelta(days=1),
        after=after,
        weeks=calendar.Calendar(begins_on).monthdatescalendar(first.year, first.month),
        by_day=by_day,
        beginning=lambda row: scheduling.draft_of(row).beginning,
        clock=lambda row: row.due_at.astimezone(zone).strftime("%H:%M"),
        zone=zone.key,
        today=_today(account),
    )


@bp.post("/scheduled/<scheduled_id>/now")
def post_now(scheduled_id: str) -> ResponseReturnValue:
    """Post it at once; also one that failed, or of which nobody knows."""
    account, row = _of_form(scheduled_id)
    if scheduling.hurry(row):
        posting.work_off(account.id)
        db.session.refresh(row)
    leave_notice(_outcome(row), is_problem=row.state in TROUBLE)
    return redirect(url_for("scheduled.index"), 303)


def _outcome(row: ScheduledNote) -> str:
    if row.state == "done":
        return gettext("Posted.")
    if row.state in TROUBLE:
        return scheduling.problem_of(row)
    return gettext("It is posted as soon as your server takes it.")


@bp.post("/scheduled/<scheduled_id>/cancel")
def cancel(scheduled_id: str) -> ResponseReturnValue:
    """Make it a draft again."""
    account, row = _of_form(scheduled_id)
    try:
        is_back = scheduling.take_back(account, row)
    except keeping.CannotKeep as error:
        leave_notice(error.problem.message, is_problem=True)
        return redirect(url_for("scheduled.index"), 303)
    if not is_back:
        return _too_late()
    leave_notice(gettext("It is not posted. The text is among your drafts."))
    return redirect(url_for("drafts.index"), 303)


@bp.post("/scheduled/<scheduled_id>/settled")
def settled(scheduled_id: str) -> ResponseReturnValue:
    """Its person looked, and it was posted."""
    _account, row = _of_form(scheduled_id)
    if row.state != "unknown" or not scheduling.settle(row):
        return _too_late()
    leave_notice(gettext("Thank you: it is off the list."))
    return redirect(url_for("scheduled.index"), 303)


def _too_late() -> ResponseReturnValue:
    leave_notice(scheduling.too_late().message, is_problem=True)
    return redirect(url_for("scheduled.index"), 303)


def _of_form(scheduled_id: str) -> tuple[Account, ScheduledNote]:
    """The account the form was shown to, and its note; another's is not there."""
    account = account_of_form() or abort(404)
    return account, scheduling.find(account, scheduled_id) or abort(404)


def _with_drafts(rows: list[ScheduledNote]) -> list[tuple[ScheduledNote, Draft]]:
    return [(row, scheduling.draft_of(row)) for row in rows]


def _first_of(when: str) -> date | None:
    """The first day of a month that a note can be scheduled in, or could have been."""
    found = re.fullmatch(r"(20[2-9]\d)-(0[1-9]|1[0-2])", when, re.ASCII)
    return date(int(found[1]), int(found[2]), 1) if found else None


def _zone(account: Account) -> ZoneInfo:
    return ZoneInfo(account.zone or usual_zone())


def _today(account: Account) -> date:
    return now().astimezone(_zone(account)).date()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
