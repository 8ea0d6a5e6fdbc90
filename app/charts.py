"""Charts of an account's activity, of its server and of others: what the server counted, and
where the bars stand.

A chart is a row: its endpoint and its series, each the sum of some lists of the answer,
the newest count first (FACTS; recordings charts-user-*). The picture is drawn by the
template; its numbers are made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import LazyString, lazy_gettext

from app.misskey import Client
from app.models import Server, now

POINTS = 30
WIDTH, HEIGHT = 600, 160
_BAR = WIDTH / POINTS
_MOST = 10**9

SPANS: dict[str, tuple[LazyString, timedelta]] = {
    "day": (lazy_gettext("By the day"), timedelta(days=1)),
    "hour": (lazy_gettext("By the hour"), timedelta(hours=1)),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One chart: `series` are words and the places in the answer that are added up. They stand
    on top of each other, so that nothing may be counted in two of them.

    `since` is an endpoint that came with this shape of the answer: servers that lack it mean
    something else by the same name.
    """

    name: str
    endpoint: str
    label: LazyString
    series: tuple[tuple[LazyString, tuple[str, ...]], ...]
    since: str | None = None


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "notes",
            "charts/user/notes",
            lazy_gettext("Notes"),
            (
                (lazy_gettext("Notes"), ("diffs.normal",)),
                (lazy_gettext("Replies"), ("diffs.reply",)),
                (lazy_gettext("Renotes"), ("diffs.renote",)),
            ),
        ),
        Kind(
            "follows",
            "charts/user/following",
            lazy_gettext("Follows"),
            (
                (
                    lazy_gettext("New followers"),
                    ("local.followers.inc", "remote.followers.inc"),
                ),
                (
                    lazy_gettext("Newly followed"),
                    ("local.followings.inc", "remote.followings.inc"),
                ),
            ),
        ),
        Kind(
            "reactions",
            "charts/user/reactions",
            lazy_gettext("Reactions"),
            (
                (lazy_gettext("From this server"), ("local.count",)),
                (lazy_gettext("From other servers"), ("remote.count",)),
            ),
        ),
        Kind(
            "views",
            "charts/user/pv",
            lazy_gettext("Views of your profile"),
            (
                (lazy_gettext("By people who are signed in"), ("pv.user",)),
                (lazy_gettext("By visitors"), ("pv.visitor",)),
            ),
        ),
        Kind(
            "drive",
            "charts/user/drive",
            lazy_gettext("Drive"),
            (
                (lazy_gettext("Files put in"), ("incCount",)),
                (lazy_gettext("Files deleted"), ("decCount",)),
            ),
        ),
    )
}
"""Of oneself."""

OF_SERVER = {
    kind.name: kind
    for kind in (
        Kind(
            "active",
            "charts/active-users",
            lazy_gettext("People who were there"),
            (
                (lazy_gettext("Joined within a year"), ("registeredWithinYear",)),
                (lazy_gettext("Joined before that"), ("registeredOutsideYear",)),
            ),
            since="charts/ap-request",
        ),
        Kind(
            "people",
            "charts/users",
            lazy_gettext("New people"),
            (
                (lazy_gettext("Of this server"), ("local.inc",)),
                (lazy_gettext("Of other servers"), ("remote.inc",)),
            ),
        ),
        Kind(
            "notes",
            "charts/notes",
            lazy_gettext("New notes"),
            (
                (lazy_gettext("Of this server"), ("local.inc",)),
                (lazy_gettext("Of other servers"), ("remote.inc",)),
            ),
        ),
        Kind(
            "files",
            "charts/drive",
            lazy_gettext("New files"),
            (
                (lazy_gettext("Of this server"), ("local.incCount",)),
                (lazy_gettext("Of other servers"), ("remote.incCount",)),
            ),
        ),
        Kind(
            "servers",
            "charts/federation",
            lazy_gettext("Other servers"),
            (
                (lazy_gettext("Took what was sent"), ("deliveredInstances",)),
                (lazy_gettext("Did not answer"), ("stalled",)),
            ),
            since="charts/ap-request",
        ),
        Kind(
            "traffic",
            "charts/ap-request",
            lazy_gettext("Exchange with other servers"),
            (
                (lazy_gettext("Received"), ("inboxReceived",)),
                (lazy_gettext("Delivered"), ("deliverSucceeded",)),
                (lazy_gettext("Could not be delivered"), ("deliverFailed",)),
            ),
        ),
    )
}
"""Of the account's server. It is counted once who was there, by when they joined."""

OF_ANOTHER = Kind(
    "another",
    "charts/instance",
    lazy_gettext("Exchange with this server"),
    (
        (lazy_gettext("Received"), ("requests.received",)),
        (lazy_gettext("Delivered"), ("requests.succeeded",)),
        (lazy_gettext("Could not be delivered"), ("requests.failed",)),
    ),
)
"""Of another server, as the account's knows it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of the picture; `series` is the number of what it counts."""

    series: int
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart as it was answered. `moments` are when each span begins, the newest first,
    as are the counts of every series; `highest` is the most in one span."""

    labels: list[LazyString]
    counts: list[list[int]]
    moments: list[datetime]
    highest: int

    @property
    def sums(self) -> list[int]:
        """All of each series."""
        return [sum(series) for series in self.counts]

    def bars(self) -> list[Bar]:
        """The picture: time runs to the right, the series stand on top of each other."""
        bars = []
        for ago in range(POINTS):
            top = float(HEIGHT)
            for number, series in enumerate(self.counts):
                height = round(series[ago] * (HEIGHT - 4) / max(self.highest, 1), 1)
                top -= height
                if height:
                    x = round(WIDTH - (ago + 1) * _BAR + 2, 1)
                    bars.append(Bar(number, x, round(top, 1), height))
        return bars


def offered(server: Server | None, kinds: Iterable[Kind] = KINDS.values()) -> list[Kind]:
    """Those of `kinds` that the server has. What is not known is taken to be there."""
    return [
        kind
        for kind in kinds
        if server is None
        or {kind.endpoint, kind.since or kind.endpoint} <= frozenset(server.endpoints)
    ]


def read(client: Client, kind: Kind, span: str, **whose: str) -> Chart:
    """What the server counted; `whose` are the parameters that say of whom. Raises
    MisskeyErrors."""
    answer = client.call(kind.endpoint, into=dict[str, Any], span=span, limit=POINTS, **whose)
    counts = [_added(answer, places) for _label, places in kind.series]
    totals = [sum(series[ago] for series in counts) for ago in range(POINTS)]
    length = SPANS[span][1]
    newest = now().replace(minute=0, second=0, microsecond=0)
    if span == "day":
        newest = newest.replace(hour=0)
    return Chart(
        labels=[label for label, _places in kind.series],
        counts=counts,
        moments=[newest - ago * length for ago in range(POINTS)],
        highest=max(totals),
    )


def _added(answer: Mapping[str, Any], places: tuple[str, ...]) -> list[int]:
    lists = [_numbers(answer, place) for place in places]
    return [sum(counts[ago] for counts in lists) for ago in range(POINTS)]


def _numbers(answer: Mapping[str, Any], place: str) -> list[int]:
    """The counts at one place of the answer; noughts where there are none."""
    found: Any = answer
    for key in place.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    given = found if isinstance(found, list) else []
    counts = [
        int(min(max(count, 0), _MOST)) if isinstance(count, int | float) else 0
        for count in given[:POINTS]
    ]
    return counts + [0] * (POINTS - len(counts))
