"""Times as people say them: a date and a time of day by the clock of a place.

Twice a year most clocks are moved. When they are put forward, an hour of that day does not
exist: a time in it is taken as much later as the clocks are moved, which is what people's
calendars do. When they are put back, an hour comes twice: the first is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from flask_babel import get_locale

SUGGESTED = (
    "Asia/Tokyo", "UTC", "Pacific/Honolulu", "America/Los_Angeles", "America/Denver",
    "America/Chicago", "America/New_York", "America/Sao_Paulo", "Europe/London",
    "Europe/Paris", "Europe/Berlin", "Europe/Athens", "Europe/Moscow", "Africa/Johannesburg",
    "Asia/Dubai", "Asia/Kolkata", "Asia/Jakarta", "Asia/Bangkok", "Asia/Taipei",
    "Asia/Shanghai", "Asia/Seoul", "Australia/Perth", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
"""Places to suggest; every other name of the zone database is taken as well."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that was meant, in UTC, and what is odd about it."""

    at: datetime
    is_skipped: bool = False
    """The clocks are put forward over it, so it was moved."""
    is_twice: bool = False
    """The clocks are put back over it, and the first of the two is taken."""


@cache
def _names() -> dict[str, str]:
    # Beside places there are files for other uses in the zone database.
    return {name.lower(): name for name in available_timezones() if name != "localtime"}


def zone_named(typed: str) -> ZoneInfo | None:
    """The zone of that name, as people type it (`asia/tokyo`); None if there is none."""
    name = _names().get(typed.strip().replace(" ", "_").lower())
    return ZoneInfo(name) if name else None


def moment_of(typed: str, zone: ZoneInfo) -> Moment | None:
    """The moment when the clocks of `zone` show `typed`, as browsers write it
    (`2030-12-31T23:59`) or people do (`2030-12-31 23:59`). None for what is no time."""
    try:
        clock = datetime.fromisoformat(typed.strip())
        if clock.tzinfo is not None:
            return None
        first = clock.replace(tzinfo=zone, fold=0)
        second = clock.replace(tzinfo=zone, fold=1)
        # For a time that is skipped, fold=0 reckons by the clock before the change, and
        # so gives the time as much later (PEP 495).
        at = first.astimezone(UTC)
        if first.utcoffset() == second.utcoffset():
            return Moment(at)
        is_skipped = at.astimezone(zone).replace(tzinfo=None) != clock
        return Moment(at, is_skipped=is_skipped, is_twice=not is_skipped)
    except (ValueError, OverflowError):
        return None


def as_typed(at: datetime, zone: ZoneInfo) -> str:
    """A moment as a field for date and time holds it."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def usual_zone() -> str:
    """The clock to begin with: Japan's for who reads Japanese, else UTC."""
    locale = get_locale()
    return "Asia/Tokyo" if locale is not None and locale.language == "ja" else "UTC"
