"""A person's rule for old notes: kept, looked at, begun, paused, stopped. `app.deleting` does
the work.

    off       nothing happens; the rule is kept for another time
    looking   all notes are looked at, and those that go by the rule are written down
    ready     that is done; its person reads what would go, and has not said yes
    running   the notes that were found are deleted, one after another
    resting   all are gone; in a day it looks again
    paused    by its person
    failed    it can't go on before its person does something

Nothing is deleted before its person has seen what goes by this very rule and said yes to
that (`is_agreed`). Whoever changes the rule begins anew: with a look, and a new yes. Who
goes on after a pause begins with a look as well.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec
from flask_babel import get_locale
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from app import servers, turns
from app.extensions import db
from app.models import Account, DeletionRule, FoundNote, now
from app.rules import Rule

State = Literal["off", "looking", "ready", "running", "resting", "paused", "failed"]
WORK: tuple[State, ...] = ("looking", "running", "resting")
PAGE = 50
_TRIED_ANEW: dict[str, Any] = {"tries": 0, "failing_since": None, "problem": None}


class Look(msgspec.Struct):
    """How far a look at all notes has come: what was asked beside them (None before that),
    the last note of the last page, and the latest notes, as many as the rule keeps. Not
    `is_whole` is one that ended before the last note."""

    pinned: list[str] | None = None
    favourited: list[str] = []
    clipped: list[str] = []
    cursor: str | None = None
    latest: list[str] = []
    is_whole: bool = True


# What there is --------------------------------------------------------------------------


def find(account: Account) -> DeletionRule | None:
    """The account's rule."""
    return db.session.get(DeletionRule, account.id)


def rule_of(row: DeletionRule) -> Rule:
    """What it says. Raises msgspec.ValidationError for what is no rule, so that nothing is
    ever deleted by half of one."""
    return msgspec.json.decode(row.rule, type=Rule, strict=True)


def look_of(row: DeletionRule) -> Look:
    """How far the look has come."""
    return msgspec.json.decode(row.look, type=Look)


def left(account: Account) -> int:
    """How many notes were found and are still there."""
    mine = FoundNote.account_id == account.id
    return db.session.scalar(select(func.count()).select_from(FoundNote).where(mine)) or 0


def found(account: Account, page: int) -> list[FoundNote]:
    """A page of them, the first one being 1, in the order they go."""
    mine = select(FoundNote).where(FoundNote.account_id == account.id)
    ordered = mine.order_by(FoundNote.place).offset((page - 1) * PAGE).limit(PAGE)
    return list(db.session.scalars(ordered))


def takes_along(account: Account) -> bool:
    """Whether the account's server deletes what answers or shares a note together with it,
    as all did before 2025.8 (FACTS C.4). What can't be told apart by its version is
    believed to."""
    server = servers.stored(account.host)
    found = re.match(r"(\d{4})\.(\d{1,2})\.\d+", server.version) if server else None
    return found is None or (int(found[1]), int(found[2])) < (2025, 8)


# What its person decides ------------------------------------------------------------------


def keep(account: Account, rule: Rule) -> None:
    """Put `rule` in the place of the one there was, and look what goes by it."""
    locale = get_locale()
    values: dict[str, Any] = {
        "rule": msgspec.json.encode(rule).decode(),
        "language": locale.language if locale is not None else "en",
        "is_agreed": False,
        "gone": 0,
        "error": None,
        "error_at": None,
        **_looking(),
    }
    if _decide(account, values, forgets_found=True):
        return
    try:
        db.session.add(DeletionRule(account_id=account.id, **values))
        db.session.commit()
    except IntegrityError:
        # Of two forms sent at once, the second finds the first.
        db.session.rollback()
        _decide(account, values, forgets_found=True)


def look_again(account: Account) -> bool:
    """Look anew at what would go; False where that is not the time."""
    return _decide(account, _looking(), "off", "ready", forgets_found=True)


def resume(account: Account) -> bool:
    """Go on after a pause or a failure: with a look, for meanwhile much may have changed."""
    return _decide(account, _looking(), "paused", "failed", forgets_found=True)


def start(account: Account, turn: int) -> bool:
    """Its person has seen what goes, as it was found at that `turn`, and says yes."""
    values = {"state": "running", "is_agreed": True, "gone": 0, "try_at": now()}
    return _decide(account, values, "ready", turn=turn)


def pause(account: Account) -> bool:
    """Stop for now; False where nothing is under way."""
    return _decide(account, {"state": "paused"}, *WORK)


def stop(account: Account) -> bool:
    """Stop for good; what the rule says is kept, the yes is not."""
    values = {"state": "off", "is_agreed": False, "look": "{}", **_TRIED_ANEW}
    return _decide(account, values, forgets_found=True)


def _looking() -> dict[str, Any]:
    return {"state": "looking", "look": "{}", "seen": 0, "try_at": now(), **_TRIED_ANEW}


def _decide(
    account: Account,
    values: dict[str, Any],
    *states: State,
    turn: int | None = None,
    forgets_found: bool = False,
) -> bool:
    """Change the account's rule, if it is in one of `states` (in any, without), whatever the
    worker is at: it finds another turn than it read, and stops."""
    mine = update(DeletionRule).where(DeletionRule.account_id == account.id)
    if states:
        mine = mine.where(DeletionRule.state.in_(states))
    if turn is not None:
        mine = mine.where(DeletionRule.turn == turn)
    changed = db.session.execute(
        mine.values(turn=DeletionRule.turn + 1, **values).execution_options(
            synchronize_session=False
        )
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        db.session.commit()  # Nothing was changed here, but maybe by the caller.
        return False
    if forgets_found:
        # With the change, before a worker can write down what it finds after it.
        db.session.execute(delete(FoundNote).where(FoundNote.account_id == account.id))
    account.has_troubled_rule = False
    db.session.commit()
    db.session.expire_all()
    return True


# What the worker does to it -----------------------------------------------------------------


def move(row: DeletionRule, **values: Any) -> bool:
    """Change `row` as it was read, while there is work to do for it (`app.turns`). The
    caller commits."""
    mine = DeletionRule.account_id == row.account_id
    return turns.move(row, mine, DeletionRule.state.in_(WORK), **values)
