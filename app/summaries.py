"""Summaries: an account's numbers, written down from time to time and put into words by a
template of its person's own. `app.summing` takes the numbers and tells them.

The placeholders of a template say what was gained since the summary before, but for those
that end in `_now`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from flask_babel import get_locale, gettext
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from app import turns
from app.extensions import db
from app.misskey.entities.notes import VISIBILITIES
from app.models import Account, Measure, SummaryPlan, now
from app.problems import Problem
from app.rendering import number
from app.zones import moment_of, usual_zone, zone_named

EVERY = ("day", "week")
NOTIFICATION = "notification"
WAYS = (NOTIFICATION, *VISIBILITIES)
COUNTS = ("notes", "followers", "following")
NUMBERS = (*COUNTS, "reactions")
PLACEHOLDERS = (*NUMBERS, *(f"{name}_now" for name in COUNTS))
LONGEST_TEMPLATE = 1000
SHOWN = 30
"""So many measures are shown at most, in the picture and the table."""
KEPT_FOR = timedelta(days=400)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Typed(msgspec.Struct):
    """The form, as it was typed."""

    every: str = "day"
    weekday: str = "0"
    hour: str = "21"
    zone: str = ""
    way: str = NOTIFICATION
    template: str = ""


class Plan(msgspec.Struct, frozen=True):
    """When and how: all of the form, and all of it sensible."""

    every: str
    weekday: int
    hour: int
    zone: str
    way: str
    template: str


def usual_template() -> str:
    """What the form begins with."""
    return gettext(
        "Notes: {notes}, now {notes_now}\n"
        "Followers: {followers}, now {followers_now}\n"
        "Following: {following}, now {following_now}\n"
        "Reactions: {reactions}"
    )


# The form -------------------------------------------------------------------------------


def typed_in(form: MultiDict[str, str]) -> Typed:
    """What somebody typed into the form."""
    return Typed(
        every=form.get("every", "")[:10],
        weekday=form.get("weekday", "")[:10],
        hour=form.get("hour", "")[:10],
        zone=form.get("zone", "")[:64],
        way=form.get("way", "")[:20],
        template=form.get("template", "").replace("\r\n", "\n")[: 2 * LONGEST_TEMPLATE],
    )


def as_typed(account: Account) -> Typed:
    """What the form holds for the plan there is, or to begin with."""
    row = find(account)
    if row is None:
        return Typed(zone=account.zone or usual_zone(), template=usual_template())
    return Typed(row.every, str(row.weekday), str(row.hour), row.zone, row.way, row.template)


def plan_of(typed: Typed, ways: Sequence[str]) -> Plan | Problem:
    """The plan that was typed, or what is wrong with it; `ways` are those the server has."""
    zone = zone_named(typed.zone)
    unknown = [name for name in _PLACEHOLDER.findall(typed.template) if name not in PLACEHOLDERS]
    if typed.every not in EVERY:
        return Problem(gettext("Choose how often."), field="every")
    if typed.weekday not in map(str, range(7)):
        return Problem(gettext("Choose a day of the week."), field="weekday")
    if typed.hour not in map(str, range(24)):
        return Problem(gettext("Choose an hour."), field="hour")
    if zone is None:
        message = gettext("Engawa knows no clock called “%(zone)s”.", zone=typed.zone)
        return Problem(message, gettext("Write it as Asia/Tokyo or Europe/Paris."), "zone")
    if typed.way not in ways:
        return Problem(gettext("Choose how you want to be told."), field="way")
    if not typed.template.strip():
        return Problem(gettext("Write something first."), field="template")
    if len(typed.template) > LONGEST_TEMPLATE:
        words = gettext("It can be up to %(most)s characters long.", most=number(LONGEST_TEMPLATE))
        return Problem(words, gettext("Shorten it."), "template")
    if unknown:
        message = gettext("Engawa does not know what {%(name)s} stands for.", name=unknown[0][:40])
        known = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        return Problem(message, gettext("It knows these: %(known)s", known=known), "template")
    return Plan(
        typed.every, int(typed.weekday), int(typed.hour), str(zone), typed.way, typed.template
    )


def next_after(moment: datetime, plan: Plan | SummaryPlan) -> datetime:
    """The first time after `moment` that the plan means."""
    zone = zone_named(plan.zone) or ZoneInfo("UTC")
    today = moment.astimezone(zone).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        if plan.every == "week" and day.weekday() != plan.weekday:
            continue
        found = moment_of(f"{day}T{plan.hour:02}:00", zone)
        if found is not None and found.at > moment:
            return found.at
    raise AssertionError("no such time in nine days")


# Words and numbers ------------------------------------------------------------------------


def in_words(template: str, measure: Measure, before: Measure | None) -> str:
    """The template with numbers for its placeholders."""
    values = {f"{name}_now": number(getattr(measure, name)) for name in COUNTS}
    for name in NUMBERS:
        gained = gained_in(measure, before, name)
        values[name] = "?" if gained is None else signed(gained)
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def gained_in(measure: Measure, before: Measure | None, name: str) -> int | None:
    """How much of `name` was gained since the measure before; None where that is not known."""
    if name == "reactions":
        return measure.reactions
    return None if before is None else getattr(measure, name) - getattr(before, name)


def signed(gained: int) -> str:
    """A number that was gained, with its sign."""
    return f"+{number(gained)}" if gained > 0 else number(gained)


def measures(account: Account) -> list[Measure]:
    """The account's measures, the oldest of those that are shown first, and the one before."""
    mine = select(Measure).where(Measure.account_id == account.id)
    newest = mine.order_by(Measure.taken_at.desc(), Measure.id).limit(SHOWN + 1)
    return list(db.session.scalars(newest))[::-1]


# Keeping ------------------------------------------------------------------------------------


def find(account: Account) -> SummaryPlan | None:
    """The account's plan."""
    return db.session.get(SummaryPlan, account.id)


def keep(account: Account, plan: Plan, measure: Measure | None) -> None:
    """Put `plan` in the place of the one there was, and switch it on. `measure` is what the
    first summary is compared with."""
    locale = get_locale()
    next_at = next_after(now(), plan)
    values: dict[str, Any] = {
        **msgspec.structs.asdict(plan),
        "is_on": True,
        "language": locale.language if locale is not None else "en",
        "next_at": next_at,
        "try_at": next_at,
        "tries": 0,
        "pending": None,
        "marked_at": None,
        "error": None,
    }
    account.zone = plan.zone
    account.has_troubled_summary = False
    if measure is not None:
        db.session.add(measure)
    db.session.commit()
    if _change(account, values):
        return
    try:
        db.session.add(SummaryPlan(account_id=account.id, **values))
        db.session.commit()
    except IntegrityError:
        # Of two forms sent at once, the second finds the first.
        db.session.rollback()
        _change(account, values)


def switch_off(account: Account) -> bool:
    """No summary any more; False where there was none. The numbers are kept."""
    account.has_troubled_summary = False
    return _change(account, {"is_on": False, "pending": None, "marked_at": None})


def sweep() -> None:
    """Delete the numbers that are kept no longer."""
    db.session.execute(delete(Measure).where(Measure.taken_at < now() - KEPT_FOR))
    db.session.commit()


def _change(account: Account, values: dict[str, Any]) -> bool:
    changed = db.session.execute(
        update(SummaryPlan)
        .where(SummaryPlan.account_id == account.id)
        .values(turn=SummaryPlan.turn + 1, **values)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    db.session.expire_all()
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def move(row: SummaryPlan, **values: Any) -> bool:
    """Change `row` as it was read, while it is on (`app.turns`). The caller commits."""
    mine = SummaryPlan.account_id == row.account_id
    return turns.move(row, mine, SummaryPlan.is_on, **values)
