"""Drafts kept on our side, by account.

Two kinds lie in one table. Those a person keeps are listed until they are posted or
thrown away, at most a hundred. Those on their way (to the drive and back) belong to one
open form; nobody sees a list of them, and the oldest make room.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext, ngettext
from sqlalchemy import delete, func, select

from app.drafts import Draft, packed, unpacked
from app.extensions import db
from app.models import Account, KeptDraft, now
from app.problems import Problem

MOST_KEPT = 100
MOST_ON_THEIR_WAY = 20
_WAY_HOLDS_FOR = timedelta(days=2)


class CannotKeep(Exception):
    """There is no room for this draft; `problem` says so."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def keep(
    account: Account, draft: Draft, draft_id: str | None = None, *, is_kept: bool = True
) -> KeptDraft:
    """Write `draft` down, over the one with that id where the account has it.

    A draft the person keeps stays theirs when it goes on a way. Raises CannotKeep.
    """
    data = packed(draft)
    if data is None:
        words = gettext("This is too large to be kept as a draft.")
        raise CannotKeep(Problem(words, gettext("Shorten it.")))
    row = find(account, draft_id) or KeptDraft(account_id=account.id, is_kept=False)
    if is_kept and not row.is_kept and count(account) >= MOST_KEPT:
        raise CannotKeep(_full())
    row.data, row.changed_at, row.is_kept = data, now(), row.is_kept or is_kept
    db.session.add(row)
    db.session.commit()
    if not is_kept:
        _make_room(account)
    return row


def _full() -> Problem:
    return Problem(
        ngettext(
            "You have %(num)s draft, and that is as many as Engawa keeps.",
            "You have %(num)s drafts, and that is as many as Engawa keeps.",
            MOST_KEPT,
        ),
        gettext("Post one or throw one away."),
    )


def keep_before_deleting(account: Account, draft: Draft, draft_id: str) -> KeptDraft:
    """Write down what a note held that is about to be deleted: always, whatever else is
    kept. Asking twice under the same id keeps it once."""
    row = find(account, draft_id) or KeptDraft(id=draft_id, account_id=account.id)
    row.data, row.changed_at, row.is_kept = packed(draft) or "{}", now(), True
    db.session.add(row)
    db.session.commit()
    return row


def find(account: Account, draft_id: str | None) -> KeptDraft | None:
    """The account's draft of that id; another's is not there."""
    row = db.session.get(KeptDraft, draft_id) if draft_id else None
    return row if row is not None and row.account_id == account.id else None


def draft_of(row: KeptDraft) -> Draft:
    """What it holds; an empty draft where it can't be read any more."""
    return unpacked(row.data) or Draft()


def throw_away(account: Account, draft_id: str | None) -> None:
    """Delete the account's draft of that id, if it is there."""
    row = find(account, draft_id)
    if row is not None:
        db.session.delete(row)
        db.session.commit()


def listed(account: Account) -> list[KeptDraft]:
    """The drafts the person keeps, the one changed last first."""
    return list(
        db.session.scalars(
            select(KeptDraft)
            .where(KeptDraft.account_id == account.id, KeptDraft.is_kept)
            .order_by(KeptDraft.changed_at.desc(), KeptDraft.id)
        )
    )


def count(account: Account) -> int:
    """How many drafts the person keeps."""
    mine = (KeptDraft.account_id == account.id, KeptDraft.is_kept)
    return db.session.scalar(select(func.count()).select_from(KeptDraft).where(*mine)) or 0


def _make_room(account: Account) -> None:
    """Let go of drafts that were on their way too long ago, or are too many."""
    on_their_way = (KeptDraft.account_id == account.id, KeptDraft.is_kept.is_(False))
    newest = (
        select(KeptDraft.id)
        .where(*on_their_way, KeptDraft.changed_at > now() - _WAY_HOLDS_FOR)
        .order_by(KeptDraft.changed_at.desc())
        .limit(MOST_ON_THEIR_WAY)
    )
    keep_ids = list(db.session.scalars(newest))
    db.session.execute(delete(KeptDraft).where(*on_their_way, KeptDraft.id.not_in(keep_ids)))
    db.session.commit()
