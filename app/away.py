"""All that goes on for people while they are away: notes that are scheduled, old notes that
are deleted by a rule, summaries.

It keeps the credential of an account that no browser is signed in to any more.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app import scheduling, summaries, tidying
from app.extensions import db
from app.models import Account, BrowserSignIn, DeletionRule, SummaryPlan


def is_left(account_id: InstrumentedAttribute[str] | str) -> ColumnElement[bool]:
    """Whether anything is left to be done for an account, in a statement about it. By
    indexes, however many other accounts there are."""
    rules = (DeletionRule.account_id == account_id, DeletionRule.state.in_(tidying.WORK))
    plans = (SummaryPlan.account_id == account_id, SummaryPlan.is_on)
    return or_(
        scheduling.is_left(account_id),
        select(DeletionRule.account_id).where(*rules).exists(),
        select(SummaryPlan.account_id).where(*plans).exists(),
    )


def has_work(account: Account) -> bool:
    """Whether anything is left to be done for the account."""
    return scheduling.has_work(account) or goes_on(account)


def goes_on(account: Account) -> bool:
    """Whether something is done for the account again and again, without an end."""
    rule, plan = tidying.find(account), summaries.find(account)
    return (rule is not None and rule.state in tidying.WORK) or (plan is not None and plan.is_on)


def call_off(account: Account) -> None:
    """Make drafts of what is scheduled, and stop what goes on."""
    scheduling.call_off(account)
    tidying.pause(account)
    summaries.switch_off(account)


def let_go(account_id: str) -> None:
    """Delete the credential of an account that nothing is left to be done for, once no
    browser is signed in to it: nothing we keep can act for it then."""
    nobody_is_here = ~select(BrowserSignIn).where(BrowserSignIn.account_id == account_id).exists()
    db.session.execute(
        update(Account)
        .where(Account.id == account_id, nobody_is_here, ~is_left(account_id))
        .values(credential=None)
    )
    db.session.commit()
