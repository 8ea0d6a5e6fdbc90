"""Telling summaries, each exactly once.

The numbers are written down, the next time is set and the words are laid out in one
transaction: so of several workers only one does it, and a summary that was made is told.
As a note it goes to the scheduled notes, which are posted exactly once (`app.posting`). As
a notification it is told here, in the same manner: marked before the call; after a lost
answer looked for among the newest notifications, when the call can no longer land; and told
again only where it is not there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from flask_babel import force_locale, gettext
from sqlalchemy import ColumnElement, or_, select

from app import away, summaries
from app.drafts import Draft, packed, parameters
from app.errors import explain
from app.extensions import db
from app.misskey import (
    AnswerUnusable,
    ApiError,
    Client,
    CredentialRefused,
    MisskeyError,
    RateLimited,
    ServerBusy,
)
from app.misskey.entities.base import Count
from app.misskey.entities.notifications import Notification
from app.models import Account, Measure, ScheduledNote, SummaryPlan, now
from app.offers import offer_for
from app.posting import backoff, patience
from app.security import sign_out_everywhere
from app.servers import client_for
from app.telling import in_all_languages

MOST_TRIES = 30
"""So often, which is about a day, a summary is tried."""
_LONGEST_WAIT = timedelta(days=8)
_ACCOUNTS = 100
_LARGEST = 2_000_000_000
_MOST_HOURS = 500
_NEWEST = 40


class _Numbers(msgspec.Struct, rename="camel"):
    """Of `i`, what is counted. What a server does not say is not nought."""

    notes_count: Count
    followers_count: Count
    following_count: Count


class _Counted(msgspec.Struct):
    count: list[Count]


class _Reactions(msgspec.Struct):
    """Of `charts/user/reactions`: by people here, and by those of other servers; the hour
    that is not over yet first."""

    local: _Counted
    remote: _Counted


def accounts_due() -> list[str]:
    """The ids of accounts that are to be told something now, at most a hundred."""
    wanted = select(SummaryPlan.account_id).where(SummaryPlan.is_on, _is_due())
    return list(db.session.scalars(wanted.order_by(SummaryPlan.try_at).limit(_ACCOUNTS)))


def _is_due() -> ColumnElement[bool]:
    # Nothing waits that long: what seems to is from before the clock was set back.
    moment = now()
    return or_(SummaryPlan.try_at <= moment, SummaryPlan.try_at > moment + _LONGEST_WAIT)


def work_off(account_id: str) -> None:
    """Sum up, or tell what was summed up. Harmless when others do the same at the same time,
    and when nothing is due."""
    for _ in range(2):
        db.session.commit()  # See what others wrote meanwhile.
        due = select(SummaryPlan).where(SummaryPlan.account_id == account_id)
        due = due.where(SummaryPlan.is_on, _is_due())
        row = db.session.scalar(due.execution_options(populate_existing=True))
        if row is None:
            return
        account = db.session.get_one(Account, account_id, populate_existing=True)
        with force_locale(row.language):
            _attempt(row, account)


def _attempt(row: SummaryPlan, account: Account) -> None:
    if account.credential is None:
        _switch_off(row, account)
        return
    try:
        if row.pending is None:
            _sum_up(row, account, client_for(account))
        else:
            _tell(row, client_for(account))
    except CredentialRefused:
        sign_out_everywhere(account)
        _switch_off(row, account)
    except MisskeyError as error:
        _postpone(row, account, error)


# The numbers ----------------------------------------------------------------------------


def measure_now(client: Client, account: Account, before: Measure | None) -> Measure:
    """The account's numbers as its server says them. Raises MisskeyErrors."""
    moment = now()
    numbers = client.call("i", into=_Numbers)
    return Measure(
        account_id=account.id,
        taken_at=moment,
        notes=_whole(numbers.notes_count),
        followers=_whole(numbers.followers_count),
        following=_whole(numbers.following_count),
        reactions=_reactions(client, account, before, moment),
    )


def _reactions(
    client: Client, account: Account, before: Measure | None, moment: datetime
) -> int | None:
    """Reactions in the hours that ended since the measure before: servers count them by the
    hour, so none is counted twice, and none left out."""
    if before is None:
        return None
    hours = int((_hour(moment) - _hour(before.taken_at)).total_seconds() // 3600)
    if not 0 < hours < _MOST_HOURS:
        return 0 if hours == 0 else None
    try:
        chart = client.call(
            "charts/user/reactions",
            into=_Reactions,
            userId=account.user_id,
            span="hour",
            limit=hours + 1,
        )
    except CredentialRefused:
        raise
    except (ApiError, AnswerUnusable):
        return None  # A server may have no charts; the other numbers are told all the same.
    return _whole(sum(chart.local.count[1 : hours + 1] + chart.remote.count[1 : hours + 1]))


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _whole(count: float) -> int:
    return max(-_LARGEST, min(int(count), _LARGEST))


def _sum_up(row: SummaryPlan, account: Account, client: Client) -> None:
    before = latest(account)
    measure = measure_now(client, account, before)
    words = summaries.in_words(row.template, measure, before)
    next_at = summaries.next_after(now(), row)
    is_notification = row.way == summaries.NOTIFICATION
    is_mine = summaries.move(
        row,
        next_at=next_at,
        try_at=now() if is_notification else next_at,
        tries=0,
        pending=words if is_notification else None,
        marked_at=None,
        error=None,
    )
    if not is_mine:
        db.session.rollback()
        return
    db.session.add(measure)
    account.has_troubled_summary = False
    if not is_notification:
        db.session.add(_as_note(row, account, words))
    db.session.commit()


def latest(account: Account) -> Measure | None:
    """The account's last measure."""
    mine = select(Measure).where(Measure.account_id == account.id)
    return db.session.scalar(mine.order_by(Measure.taken_at.desc(), Measure.id).limit(1))


def _as_note(row: SummaryPlan, account: Account, words: str) -> ScheduledNote:
    """The summary as a note whose time has come."""
    draft = Draft(text=words, visibility=row.way)
    moment = now()
    return ScheduledNote(
        account_id=account.id,
        data=packed(draft) or "{}",
        parameters=msgspec.json.encode(parameters(draft, None, offer_for(account))).decode(),
        due_at=moment,
        try_at=moment,
        zone=row.zone,
        language=row.language,
    )


# Telling ------------------------------------------------------------------------------------


def _tell(row: SummaryPlan, client: Client) -> None:
    """Tell what is pending; where that was tried before, look first whether it arrived."""
    words = row.pending or ""
    if row.marked_at is not None:
        if not _hold(row, row.marked_at):
            return
        if _is_there(client, words, row.marked_at):
            _told(row)
            return
    moment = now()
    if not _hold(row, moment) or not timedelta() <= now() - moment < patience() / 3:
        return
    try:
        client.act("notifications/create", header=gettext("Your summary"), body=words)
    except MisskeyError as error:
        if not error.may_have_happened and not isinstance(error, CredentialRefused):
            summaries.move(row, marked_at=None)
            db.session.commit()
        raise
    _told(row)


def _hold(row: SummaryPlan, marked_at: datetime) -> bool:
    is_mine = summaries.move(row, marked_at=marked_at, try_at=now() + patience())
    db.session.commit()
    return is_mine


def _is_there(client: Client, words: str, since: datetime) -> bool:
    """Whether it is among the newest notifications. A server's clock may be another."""
    page = client.page("i/notifications", of=Notification, limit=_NEWEST, markAsRead=False)
    earliest = since - timedelta(hours=12)
    return any(
        told.type == "app"
        and (told.body or "").strip() == words.strip()
        and told.created_at > earliest
        for told in page.items
    )


def _told(row: SummaryPlan) -> None:
    summaries.move(row, pending=None, marked_at=None, tries=0, try_at=row.next_at, error=None)
    db.session.commit()


# Trouble ------------------------------------------------------------------------------------


def _postpone(row: SummaryPlan, account: Account, error: MisskeyError) -> None:
    """Try again later; after about a day leave this one out, and say so."""
    asked = error.retry_after if isinstance(error, RateLimited | ServerBusy) else None
    # Not sooner than by itself, so that so many tries take a day.
    wait = max(timedelta(seconds=asked or 0), backoff(row.tries))
    values: dict[str, Any] = {"try_at": now() + wait, "tries": row.tries + 1}
    is_left_out = row.tries >= MOST_TRIES
    if is_left_out:
        next_at = summaries.next_after(now(), row)
        values = {"next_at": next_at, "try_at": next_at, "tries": 0}
        values |= {"pending": None, "marked_at": None}
    words = in_all_languages(lambda: explain(error).happened)
    if summaries.move(row, error=words, **values) and is_left_out:
        account.has_troubled_summary = True
    db.session.commit()


def _switch_off(row: SummaryPlan, account: Account) -> None:
    """Nothing can act for the account any more."""
    words = in_all_languages(lambda: gettext("Engawa may not act for you any more. Sign in again."))
    values = {"is_on": False, "pending": None, "marked_at": None}
    if summaries.move(row, error=words, **values):
        account.has_troubled_summary = True
    db.session.commit()
    away.let_go(row.account_id)
