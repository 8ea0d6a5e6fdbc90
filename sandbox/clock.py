"""The sandbox's clock: real time, which a test may stop or push forward.

Rate limits, ids and `createdAt` all read this clock, so a test of an hour's
limit does not take an hour.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970 as a float: real by default, still after `freeze()`."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None

    def now(self) -> float:
        """The sandbox's present, in seconds since 1970."""
        if self._frozen is not None:
            return self._frozen
        return time.time() + self._offset

    def freeze(self, at: float | None = None) -> None:
        """Stop the clock, at the given second if one is given."""
        self._frozen = self.now() if at is None else at

    def thaw(self) -> None:
        """Let a frozen clock run on from where it stood."""
        if self._frozen is not None:
            self._offset = self._frozen - time.time()
            self._frozen = None

    def reset(self) -> None:
        """Real time again."""
        self._offset, self._frozen = 0.0, None

    def advance(self, seconds: float) -> None:
        """Jump forward (or back, with a negative number); works frozen or running."""
        if self._frozen is not None:
            self._frozen += seconds
        else:
            self._offset += seconds


def iso(moment: float) -> str:
    """The server's way of writing a moment: `2026-11-23T01:28:06.219Z`."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
