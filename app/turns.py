"""Rows that several processes may want to change at once, without a lock.

Whoever changes one finds the `turn` they read and adds one to it, so that of several only
one succeeds. The others have to read it anew: nothing they knew of it holds any more.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnExpressionArgument, update

from app.extensions import db
from app.models import DeletionRule, Export, ScheduledNote, SummaryPlan


def move(
    row: ScheduledNote | DeletionRule | SummaryPlan | Export,
    *which: ColumnExpressionArgument[bool],
    **values: Any,
) -> bool:
    """Change `row` as it was read to `values`; `which` finds it, and may ask for more. False
    if that finds none any more. The caller commits."""
    table = type(row)
    changed = db.session.execute(
        update(table)
        .where(*which, table.turn == row.turn)
        .values(turn=row.turn + 1, **values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    db.session.refresh(row)
    return True
