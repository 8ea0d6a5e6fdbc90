"""What Misskey's achievements are for, in words of our own. One that is not known is shown by
the name the server gives it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from flask_babel import LazyString, lazy_gettext, ngettext

_COUNTED: dict[str, Callable[[int], str]] = {
    "notes": lambda num: ngettext("%(num)s note written", "%(num)s notes written", num),
    "login": lambda num: ngettext("Here on %(num)s day", "Here on %(num)s days", num),
    "passedSinceAccountCreated": lambda num: ngettext(
        "A member for %(num)s year", "A member for %(num)s years", num
    ),
    "following": lambda num: ngettext("Follows %(num)s person", "Follows %(num)s people", num),
    "followers": lambda num: ngettext("%(num)s follower", "%(num)s followers", num),
    "collectAchievements": lambda num: ngettext(
        "%(num)s achievement collected", "%(num)s achievements collected", num
    ),
}
_COUNTED_NAME = re.compile(r"([A-Za-z]+?)(\d{1,6})")
_NAMED: dict[str, LazyString] = {
    "loggedInOnBirthday": lazy_gettext("Here on their birthday"),
    "loggedInOnNewYearsDay": lazy_gettext("Here on New Year's Day"),
    "noteClipped1": lazy_gettext("Put a note into a clip for the first time"),
    "noteFavorited1": lazy_gettext("Had a favourite note for the first time"),
    "myNoteFavorited1": lazy_gettext("A note of theirs became somebody's favourite"),
    "profileFilled": lazy_gettext("Filled in their profile"),
    "markedAsCat": lazy_gettext("Said that they are a cat"),
    "viewAchievements3min": lazy_gettext("Looked at achievements for three minutes"),
    "iLoveMisskey": lazy_gettext("Wrote that they love Misskey"),
    "foundTreasure": lazy_gettext("Found the hidden treasure"),
    "client30min": lazy_gettext("Half an hour without leaving"),
    "client60min": lazy_gettext("An hour without leaving"),
    "noteDeletedWithin1min": lazy_gettext("Deleted a note within a minute"),
    "postedAtLateNight": lazy_gettext("Wrote late at night"),
    "postedAt0min0sec": lazy_gettext("Wrote when the clock struck the hour"),
    "selfQuote": lazy_gettext("Quoted a note of their own"),
    "htl20npm": lazy_gettext("Twenty notes in their home within a minute"),
    "viewInstanceChart": lazy_gettext("Looked at the server's charts"),
    "outputHelloWorldOnScratchpad": lazy_gettext("Wrote their first program"),
    "open3windows": lazy_gettext("Had three windows open"),
    "driveFolderCircularReference": lazy_gettext("Tried to put a folder into itself"),
    "reactWithoutRead": lazy_gettext("Reacted to a long note within three seconds"),
    "clickedClickHere": lazy_gettext("Clicked where it said so"),
    "justPlainLucky": lazy_gettext("Was just lucky"),
    "setNameToSyuilo": lazy_gettext("Took the name of Misskey's author"),
    "cookieClicked": lazy_gettext("Clicked the cookie"),
    "brainDiver": lazy_gettext("Found the way to a certain song"),
    "smashTestNotificationButton": lazy_gettext("Tried the notifications again and again"),
    "tutorialCompleted": lazy_gettext("Finished the tutorial"),
    "bubbleGameExplodingHead": lazy_gettext("Made the largest bubble in the bubble game"),
    "bubbleGameDoubleExplodingHead": lazy_gettext("Made the largest bubble twice"),
}


def label_of(name: str) -> str:
    """What the achievement of that name is for."""
    known = _NAMED.get(name)
    if known is not None:
        return str(known)
    counted = _COUNTED_NAME.fullmatch(name)
    if counted is None or counted[1] not in _COUNTED:
        return name
    return str(_COUNTED[counted[1]](int(counted[2])))


def moment_of(milliseconds: float) -> datetime | None:
    """When that was; None for what no calendar has."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds > 0 else None
    except (OverflowError, ValueError, OSError):
        return None
