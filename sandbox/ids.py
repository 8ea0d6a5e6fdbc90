"""Ids in the manner of Misskey's `aidx`: opaque, but ordered by time as text.

Eight base-36 characters of milliseconds since 2000, four for the server, four
for a counter (seen in every recording: `atw4yds6` `wks3` `0003`).
"""

from __future__ import annotations

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
SECOND_2000 = 946684800
SERVER = "engw"


def base36(number: int, width: int) -> str:
    """`number` in base 36, its last `width` digits, filled with zeros."""
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 36)
        digits.append(DIGITS[rest])
    return "".join(reversed(digits))


class Ids:
    """Gives out ids; two of the same millisecond keep their order."""

    def __init__(self) -> None:
        self._counter = 0

    def at(self, moment: float) -> str:
        """A new id for something made at `moment` (seconds since 1970)."""
        self._counter += 1
        return base36(_milliseconds(moment), 8) + SERVER + base36(self._counter, 4)


def moment_of(id: str) -> float:
    """When the thing with that id was made, in seconds since 1970."""
    return int(id[:8], 36) / 1000 + SECOND_2000


def edge(moment: float) -> str:
    """The lowest id of that millisecond: what `sinceDate` and `untilDate` compare with."""
    return base36(_milliseconds(moment), 8) + "0" * 8


def _milliseconds(moment: float) -> int:
    return max(0, round((moment - SECOND_2000) * 1000))
