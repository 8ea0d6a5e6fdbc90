"""Notes to be posted later: kept, listed, changed, taken back. `app.posting` posts them.

    waiting   until its time
    sending   the call was begun, and what came of it is not known yet
    done      posted; remembered for a week
    failed    not posted, and will not be before its person does something
    unknown   perhaps posted; only its person can tell

What waits or is being sent is work that is left to be done for an account, and keeps its
credential (`has_work`); what failed or is unknown is trouble, which its person is told of
on every page (`Account.troubled_notes`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from flask_babel import get_locale, gettext, ngettext
from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app import keeping, turns
from app.drafts import Draft, Later, packed, unpacked
from app.extensions import db
from app.models import Account, ScheduledNote, new_id, now
from app.problems import Problem
from app.submissions import key_of
from app.telling import in_language_of_page
from app.zones import Moment, moment_of, usual_zone, zone_named

State = Literal["waiting", "sending", "done", "failed", "unknown"]
WORK: tuple[State, ...] = ("waiting", "sending")
TROUBLE: tuple[State, ...] = ("failed", "unknown")
MOST_WAITING = 2000
"""Nobody schedules more by hand; it keeps one account from filling the disk."""
_FURTHEST = timedelta(days=5 * 366)
REMEMBERED_FOR = timedelta(days=7)


class CannotSchedule(Exception):
    """The note can't be scheduled so; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


# When ---------------------------------------------------------------------------------


def begin(account: Account) -> Later:
    """What the form begins with: no time, by the clock the person used last."""
    return Later(zone=account.zone or usual_zone())


def moment_meant(later: Later) -> Moment:
    """The moment that was typed. Raises CannotSchedule."""
    zone = zone_named(later.zone)
    if zone is None:
        raise CannotSchedule(
            _problem(
                gettext("Engawa knows no clock called “%(zone)s”.", zone=later.zone[:64]),
                gettext("Write it as Asia/Tokyo or Europe/Paris."),
            )
        )
    moment = moment_of(later.at, zone)
    if moment is None:
        words = gettext("Say on which day and at what time the note is to be posted.")
        raise CannotSchedule(_problem(words))
    if moment.at <= now():
        words = gettext("This time is over already.")
        raise CannotSchedule(_problem(words, gettext("Choose one that is still to come.")))
    if moment.at > now() + _FURTHEST:
        words = gettext("Notes can be scheduled up to five years ahead.")
        raise CannotSchedule(_problem(words, gettext("Choose an earlier day.")))
    return moment


def poll_problem(draft: Draft, moment: Moment) -> Problem | None:
    """Whether the poll would be over before it is posted."""
    ends_at = draft.poll.ends_at() if draft.poll.is_asked and draft.poll.ends == "at" else None
    if ends_at is None or ends_at > moment.at:
        return None
    words = gettext("The poll would end before the note is posted.")
    return Problem(words, gettext("Let it end later."), "poll")


def _problem(message: str, advice: str = "") -> Problem:
    return Problem(message, advice, "later")


# Keeping ------------------------------------------------------------------------------


def schedule(
    account: Account, draft: Draft, parameters: dict[str, Any], moment: Moment
) -> ScheduledNote:
    """Write the note down to be posted at `moment` with `parameters`, over the one it is a
    change of. The same form sent twice schedules it once. Raises CannotSchedule."""
    data = packed(draft)
    if data is None:
        raise CannotSchedule(
            Problem(gettext("This is too large to be kept."), gettext("Shorten it."))
        )
    locale = get_locale()
    values = {
        "data": data,
        "parameters": msgspec.json.encode(parameters).decode(),
        "due_at": moment.at,
        "try_at": moment.at,
        # Its own spelling of the name, not what was typed.
        "zone": str(zone_named(draft.later.zone)),
        "language": locale.language if locale is not None else "en",
        "state": "waiting",
        "tries": 0,
        "problem": None,
    }
    row = _changed(account, draft, values) or _added(account, draft, values)
    account.zone = row.zone
    db.session.commit()
    recount(account.id)
    return row


def _changed(account: Account, draft: Draft, values: dict[str, Any]) -> ScheduledNote | None:
    """The note that is being changed, with the new `values`; None where it is a new one."""
    row = find(account, draft.later.scheduled_id)
    if row is None:
        return None
    if not move(row, *TROUBLE, "waiting", **values):
        db.session.rollback()
        raise CannotSchedule(too_late())
    return row


def _added(account: Account, draft: Draft, values: dict[str, Any]) -> ScheduledNote:
    row_id = key_of(draft.form_id, "later", draft.key)[:32] or new_id()
    row = find(account, row_id)
    if row is not None:
        return row
    if count(account, *WORK) >= MOST_WAITING:
        words = ngettext(
            "You have %(num)s scheduled note, and that is as many as Engawa keeps.",
            "You have %(num)s scheduled notes, and that is as many as Engawa keeps.",
            MOST_WAITING,
        )
        raise CannotSchedule(_problem(words))
    row = ScheduledNote(id=row_id, account_id=account.id, **values)
    # Of two at once that insert the same, the second finds the first.
    with db.session.begin_nested():
        db.session.add(row)
    return row


def too_late() -> Problem:
    """The sentence for a note that is being posted already."""
    words = gettext("This note is being posted right now, or was posted already.")
    return Problem(words, gettext("Look at your scheduled notes."), "later", 409)


def move(row: ScheduledNote, *states: str, **values: Any) -> bool:
    """Change `row` as it was read, if it is in one of `states` (`app.turns`). The caller
    commits."""
    mine = ScheduledNote.id == row.id
    return turns.move(row, mine, ScheduledNote.state.in_(states), **values)


def draft_of(row: ScheduledNote) -> Draft:
    """What it holds; an empty draft where it can't be read any more."""
    draft = unpacked(row.data) or Draft()
    draft.later.scheduled_id = row.id
    return draft.untried()


def problem_of(row: ScheduledNote) -> str:
    """Why it needs its person, in the language of the page."""
    return in_language_of_page(row.problem)


def find(account: Account, row_id: str | None) -> ScheduledNote | None:
    """The account's scheduled note of that id; another's is not there."""
    row = db.session.get(ScheduledNote, row_id) if row_id else None
    return row if row is not None and row.account_id == account.id else None


def listed(account: Account, *states: State) -> list[ScheduledNote]:
    """The account's notes in these states, the earliest first."""
    return list(db.session.scalars(_of(account, *states)))


def within(account: Account, start: datetime, end: datetime) -> list[ScheduledNote]:
    """All notes whose time lies between two moments, the earliest first."""
    between = (ScheduledNote.due_at >= start, ScheduledNote.due_at < end)
    return list(db.session.scalars(_of(account).where(*between)))


def _of(account: Account, *states: State) -> Select[ScheduledNote]:
    mine: list[ColumnElement[bool]] = [ScheduledNote.account_id == account.id]
    if states:
        mine.append(ScheduledNote.state.in_(states))
    return select(ScheduledNote).where(*mine).order_by(ScheduledNote.due_at, ScheduledNote.id)


def count(account: Account, *states: State) -> int:
    """How many notes of the account are in these states."""
    mine = (ScheduledNote.account_id == account.id, ScheduledNote.state.in_(states))
    return db.session.scalar(select(func.count()).select_from(ScheduledNote).where(*mine)) or 0


def hurry(row: ScheduledNote) -> bool:
    """Let it be posted now; False if it is being posted or was."""
    moment = now()
    values = {"state": "waiting", "due_at": moment, "try_at": moment, "tries": 0, "problem": None}
    return _moved(row, **values)


def take_back(account: Account, row: ScheduledNote) -> bool:
    """Make it a draft again; False if it is being posted or was. Raises
    `app.keeping.CannotKeep`, and then it stays."""
    keeping.keep(account, alone(draft_of(row)), row.id)
    if _drop(row):
        return True
    keeping.throw_away(account, row.id)
    return False


def alone(draft: Draft) -> Draft:
    """The same without a time, as a draft that belongs to no scheduled note."""
    return msgspec.structs.replace(draft, later=Later(zone=draft.later.zone))


def settle(row: ScheduledNote) -> bool:
    """Its person says that it was posted, or wants it no more."""
    return _drop(row)


def _moved(row: ScheduledNote, **values: Any) -> bool:
    is_moved = move(row, *TROUBLE, "waiting", **values)
    db.session.commit()
    recount(row.account_id)
    return is_moved


def _drop(row: ScheduledNote) -> bool:
    gone = db.session.execute(
        delete(ScheduledNote).where(
            ScheduledNote.id == row.id,
            ScheduledNote.turn == row.turn,
            ScheduledNote.state.in_((*TROUBLE, "waiting")),
        )
    )
    db.session.commit()
    recount(row.account_id)
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def recount(account_id: str) -> None:
    """Write down how many of the account's notes need its person."""
    troubled = (
        select(func.count())
        .select_from(ScheduledNote)
        .where(ScheduledNote.account_id == account_id, ScheduledNote.state.in_(TROUBLE))
        .scalar_subquery()
    )
    db.session.execute(
        update(Account).where(Account.id == account_id).values(troubled_notes=troubled)
    )
    db.session.commit()


# Work that is left ----------------------------------------------------------------------


def is_left(account_id: InstrumentedAttribute[str] | str) -> ColumnElement[bool]:
    """Whether something is left to be done for an account, in a statement about it. By an
    index, however many notes of others there are."""
    mine = (ScheduledNote.account_id == account_id, ScheduledNote.state.in_(WORK))
    return select(ScheduledNote.id).where(*mine).exists()


def has_work(account: Account) -> bool:
    """Whether something is left to be done for the account."""
    return bool(db.session.scalar(select(is_left(account.id))))


def call_off(account: Account) -> int:
    """Make drafts of all notes that wait, however many there are; how many. What is being
    posted at this very moment stays, for what comes of it has to be told."""
    rows = listed(account, "waiting")
    for row in rows:
        set_aside(account, row)
    return len(rows)


def set_aside(account: Account, row: ScheduledNote) -> bool:
    """Make a draft of it, however many drafts there are; False if it is being posted or
    was, and then it stays."""
    keeping.keep_before_deleting(account, alone(draft_of(row)), row.id)
    if _drop(row):
        return True
    keeping.throw_away(account, row.id)
    return False


def hasten(row: ScheduledNote) -> bool:
    """Let one whose time is over and that waits to be tried again be tried now; False if
    there is no such."""
    moment = now()
    if row.due_at > moment:
        return False
    is_moved = move(row, "waiting", try_at=moment)
    db.session.commit()
    return is_moved
