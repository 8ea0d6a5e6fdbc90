"""Rate limits as the real server counts them.

Per person and endpoint, shared by all apps of the person; by address when
signed out (FACTS.md C.1, D.3). A sliding window: each call is remembered for
the window's length, and a call that was refused is remembered too, so hammering
does not help. `reset` is when the oldest of the last `max` calls leaves the
window ("Rate limit, as run": `reset` in seconds, `resetMs` in milliseconds).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from .clock import Clock
from .errors import rate_limited


@dataclass(frozen=True)
class Limit:
    """At most `max` calls in `duration` seconds; at least `min_interval` seconds apart."""

    max: int = 0
    duration: float = 0
    min_interval: float = 0


class Limiter:
    """Counts the calls of each person."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._calls: dict[tuple[str, str, str], list[float]] = defaultdict(list)

    def count(self, endpoint: str, actor: str, limit: Limit) -> None:
        """Count one call; raises RATE_LIMIT_EXCEEDED when it is one too many."""
        if limit.min_interval:
            self._count((endpoint, actor, "min"), 1, limit.min_interval)
        if limit.max:
            self._count((endpoint, actor, "max"), limit.max, limit.duration)

    def forget(self) -> None:
        """Begin anew, as after a long while."""
        self._calls.clear()

    def _count(self, key: tuple[str, str, str], most: int, duration: float) -> None:
        now = self.clock.now()
        before = [moment for moment in self._calls[key] if moment > now - duration]
        calls = [*before, now][-most:]
        self._calls[key] = calls
        if len(before) >= most:
            reset = calls[0] + duration
            info = {
                "remaining": 0,
                "reset": int(reset),
                "resetMs": int(reset * 1000),
                "total": most,
            }
            raise rate_limited(info, max(1, math.ceil(round(reset - now, 3))))
