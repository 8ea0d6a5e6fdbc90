"""Forms that are carried out once, however often they are sent.

A form carries a random id. The first request that brings it claims it by inserting a
row; every other one (a double click, a reload, a browser that tries again on a bad
line) finds the row, waits for the first to be over, and shows what came of it.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from typing import Literal

from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.misskey import MisskeyError
from app.models import Account, Submission
from app.security import hash_of

State = Literal["done", "failed", "unknown"]
_FORM_ID = re.compile(r"[A-Za-z0-9_\-]{16,64}")
_LOOK_EVERY = 0.1
# Somebody who presses a button forty times while their server hangs must not hold forty
# of our threads.
_MOST_WAITING = 8
_waiting = threading.BoundedSemaphore(_MOST_WAITING)


def new_form_id() -> str:
    """An id for a form that is about to be shown."""
    return secrets.token_urlsafe(16)


def key_of(form_id: str, *content: str) -> str:
    """A form id for the form `form_id` with this content in it; unusable if that one is."""
    if not _FORM_ID.fullmatch(form_id):
        return ""
    return hash_of("\0".join([form_id, *content]))


def claim(form_id: str, account: Account) -> Submission | None:
    """Claim a form for this request; None if another request has it already.

    A form without a usable id was not made by our page, so it stands for itself.
    """
    if not _FORM_ID.fullmatch(form_id):
        form_id = new_form_id()
    submission = Submission(form_id=form_id, account_id=account.id)
    db.session.add(submission)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return None
    return submission


def finish(submission: Submission, state: State, note_id: str | None = None) -> None:
    """Write down what came of it."""
    submission.state = state
    submission.note_id = note_id
    db.session.commit()


def fail(submission: Submission, error: MisskeyError) -> None:
    """Write down that it failed, and whether it may have happened all the same."""
    finish(submission, "unknown" if error.may_have_happened else "failed")


def outcome(form_id: str, account: Account, wait: float) -> Submission | None:
    """What came of a form another request claimed, waited for up to `wait` seconds.

    Its state is still "sending" if that was not enough, or if too many requests of this
    process wait already. None if it was another account's.
    """
    may_wait = _waiting.acquire(blocking=False)
    try:
        return _look(form_id, account, time.monotonic() + (wait if may_wait else 0))
    finally:
        if may_wait:
            _waiting.release()


def _look(form_id: str, account: Account, until: float) -> Submission | None:
    while True:
        submission = db.session.get(Submission, form_id, populate_existing=True)
        # Give the snapshot back, so that the next look sees what others wrote.
        db.session.commit()
        if submission is None or submission.account_id != account.id:
            return None
        if submission.state != "sending" or time.monotonic() >= until:
            return submission
        time.sleep(_LOOK_EVERY)
