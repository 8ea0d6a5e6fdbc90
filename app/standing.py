"""How an account stands at its server: what its roles allow it, and how much is unread.

Both come with `i`. Pages that call the server anyway ask again when what we know is
older than two minutes; home never does, which stays one call. So the count of unread
notifications in the navigation may be a little old, and is none the more wrong for
being looked at: the page of notifications itself is always fresh, and sets it to nought.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from app.extensions import db
from app.misskey import Client, CredentialRefused, MisskeyError
from app.misskey.entities.people import Me
from app.models import Account, now
from app.storage import aside

HOLDS_FOR = timedelta(minutes=2)
UNCOUNTED = -1
"""Something is unread, and the server does not say how much (before 2023.11)."""
MOST_UNREAD = 100
"""Servers count no further."""


def refresh(account: Account, client: Client) -> None:
    """Ask again how `account` stands, unless that was a moment ago. Where the server does
    not answer, what it said last still holds. Raises CredentialRefused."""
    if account.standing_at is not None and now() - account.standing_at < HOLDS_FOR:
        return
    try:
        me = client.call("i", into=Me)
    except CredentialRefused:
        raise
    except MisskeyError:
        me = None
    with aside():
        # Also after a failure: a slow server is not waited for again at the next page.
        account.standing_at = now()
        if me is not None:
            policies = me.policies
            account.forbidden = [] if policies is None else policies.forbidden
            account.unread_notifications = _unread(me)
            account.unread_announcements = _unread_announcements(me)


def may(account: Account, policy: str) -> bool:
    """Whether the account's roles allow what Misskey calls `policy`, as far as is known."""
    return policy not in (account.forbidden or [])


def all_read(account: Account) -> None:
    """Its notifications were just looked at."""
    if account.unread_notifications:
        with aside():
            account.unread_notifications = 0


def ask_again(account: Account) -> None:
    """What is known of it just changed: the next page that asks finds it."""
    account.standing_at = None
    db.session.commit()


def one_more_unread(account_id: str) -> None:
    """The account's server told of one more notification."""
    counted = (
        Account.id == account_id,
        Account.unread_notifications >= 0,
        Account.unread_notifications < MOST_UNREAD,
    )
    one_more = Account.unread_notifications + 1
    db.session.execute(update(Account).where(*counted).values(unread_notifications=one_more))
    unknown = (Account.id == account_id, Account.unread_notifications.is_(None))
    db.session.execute(update(Account).where(*unknown).values(unread_notifications=1))
    db.session.commit()


def none_unread(account_id: str) -> None:
    """The account's server says that all notifications were read."""
    mine = Account.id == account_id
    db.session.execute(update(Account).where(mine).values(unread_notifications=0))
    db.session.commit()


def _unread(me: Me) -> int:
    if me.unread_notifications_count is not None:
        return max(0, min(int(me.unread_notifications_count), MOST_UNREAD))
    return UNCOUNTED if me.has_unread_notification else 0


def _unread_announcements(me: Me) -> int:
    if me.unread_announcements is not None:
        return min(len(me.unread_announcements), MOST_UNREAD)
    return UNCOUNTED if me.has_unread_announcement else 0
