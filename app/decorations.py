"""Decorations around one's picture: what stands in the form for them, and what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from app.misskey.entities.people import Decoration, Profile, Worn
from app.problems import Problem
from app.timelines import misskey_id

MOST_WORN = 16
PER_PAGE = 24
FARTHEST_TURN = 180
FARTHEST_MOVE = 25
"""In degrees, and in hundredths of a decoration's size: half a turn and a quarter of it is
what `i/update` takes."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One decoration as it stands in the form: by how many degrees it is turned, and by how
    many hundredths it is moved to the right and down."""

    id: str
    turn: str = "0"
    x: str = "0"
    y: str = "0"
    flips: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """What `i/update` takes for it. Raises ValueError for what is no number."""
        return {
            "id": self.id,
            "angle": _within(self.turn, FARTHEST_TURN) / 360,
            "flipH": self.flips,
            "offsetX": _within(self.x, FARTHEST_MOVE) / 100,
            "offsetY": _within(self.y, FARTHEST_MOVE) / 100,
        }


def _within(typed: str, farthest: float) -> float:
    value = float(typed.strip() or "0")
    # Not written as a comparison of size, which what is no number at all would pass.
    if not -farthest <= value <= farthest:
        raise ValueError(typed)
    return value


def worn_by(me: Profile) -> list[Placed]:
    """What the account wears, as it stands in the form."""
    return [
        Placed(
            one.id,
            _number((one.angle or 0) * 360),
            _number((one.offset_x or 0) * 100),
            _number((one.offset_y or 0) * 100),
            bool(one.flip_h),
        )
        for one in me.decorations
    ]


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def from_form(form: Mapping[str, str], ids: list[str]) -> list[Placed]:
    """What was typed for the decorations of those ids."""
    return [
        Placed(
            id,
            form.get(f"turn-{id}", "0"),
            form.get(f"x-{id}", "0"),
            form.get(f"y-{id}", "0"),
            form.get(f"flip-{id}") == "1",
        )
        for id in dict.fromkeys(filter(misskey_id, ids[:MOST_WORN]))
    ]


def problem_with(worn: list[Placed]) -> Problem | None:
    """Why this can't be sent, in words; None if it can."""
    for one in worn:
        for field, typed, farthest in (
            ("turn", one.turn, FARTHEST_TURN),
            ("x", one.x, FARTHEST_MOVE),
            ("y", one.y, FARTHEST_MOVE),
        ):
            try:
                _within(typed, farthest)
            except ValueError:
                words = gettext(
                    "Write a number from %(least)s to %(most)s.", least=-farthest, most=farthest
                )
                return Problem(words, field=f"{field}-{one.id}")
    if len(worn) > MOST_WORN:
        return Problem(gettext("These are too many at once."), gettext("Take some off."), "")
    return None


def drawn(worn: list[Placed], known: Mapping[str, Decoration]) -> list[Worn]:
    """The same as they are drawn; what can't be, is left out."""
    shown = []
    for one in worn:
        if one.id in known and problem_with([one]) is None:
            sent = one.parameters
            place = (sent["angle"], sent["flipH"], sent["offsetX"], sent["offsetY"])
            shown.append(Worn(one.id, known[one.id].url, *place))
    return shown


def for_me(found: list[Decoration], me: Profile, words: str) -> list[Decoration]:
    """Those the account may put on, with the words in their names."""
    mine = {role.id for role in me.roles or []}
    return [
        one
        for one in found
        if (not one.role_ids or mine.intersection(one.role_ids))
        and words.lower() in f"{one.name} {one.description or ''}".lower()
    ]
