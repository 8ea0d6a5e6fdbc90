"""Where a person was in a timeline, so that they can go on from there another time: kept
with the session, a place for each timeline of each account.

A place is what the address of a page asks for: `until` an id for somebody who went down,
`since` one for somebody who had read everything up to it. Ids of one server sort by time
(FACTS C.2), and a page that is asked for by one stays the same.
"""

from __future__ import annotations

from flask import session

from app.models import Account
from app.timelines import Stretch

MOST = 30
"""So many places are kept; the one longest untouched goes first."""

Place = dict[str, str]


def visit(
    account: Account, path: str, stretch: Stretch, *, asked: Place, is_background: bool
) -> Place | None:
    """Keep the place of `stretch`, which `asked` brought from the timeline at `path`. On the
    newest one, where notes lie between it and the place kept so far, that one stays and is
    given back.

    What a script looks for in the background (`is_background`) moves nobody up.
    """
    key = f"{account.id} {path}"
    kept: dict[str, Place] = session.get("places", {})
    before = kept.get(key)
    if not asked and before is not None and _lies_below(before, stretch):
        return before
    if ("since" in asked and is_background) or (not asked and stretch.newest is None):
        return None
    here = asked or {"since": str(stretch.newest)}
    if here != before:
        others = [(name, place) for name, place in kept.items() if name != key]
        session["places"] = dict([*others, (key, here)][-MOST:])
    return None


def _lies_below(place: Place, newest: Stretch) -> bool:
    """Whether somebody at `place` finds not all there is to read on the newest page."""
    if newest.oldest is None or not newest.is_full:
        return False
    if "until" in place:
        return place["until"] <= newest.oldest
    return place["since"] < newest.oldest
