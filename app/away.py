"""All that goes on for people while they are away: notes that are scheduled, old notes that
are deleted by a rule, summaries.

It keeps the credential of an account that no browser is signed in to any more.
"""

from __future__ import annotations

from sqlalchemy import CompoundSelect, select, union, update

from app import scheduling, summaries, tidying
from app.extensions import db
from app.models import Account, BrowserSignIn, DeletionRule, SummaryPlan


def accounts_with_work() -> CompoundSelect[str]:
    """The ids of accounts that something is left to be done for."""
    return union(
        scheduling.accounts_with_work(),
        select(DeletionRule.account_id).where(DeletionRule.state.in_(tidying.WORK)),
        select(SummaryPlan.account_id).where(SummaryPlan.is_on),
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
    signed_in = select(BrowserSignIn.account_id)
    db.session.execute(
        update(Account)
        .where(Account.id == account_id, Account.id.not_in(signed_in))
        .where(Account.id.not_in(accounts_with_work()))
        .values(credential=None)
    )
    db.session.commit()
