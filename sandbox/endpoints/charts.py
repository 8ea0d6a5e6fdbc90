"""Charts of one person: counts by the day or the hour, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..params import ID, Schema, obj
from ..records import Note
from .table import Call, endpoint

DAY = 24 * 3600.0
SECONDS = {"day": DAY, "hour": 3600.0}
ASKED: Schema = obj(
    {
        "span": {"type": "string", "enum": ["day", "hour"]},
        "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 30},
        "offset": {"type": "integer", "nullable": True, "default": None},
        "userId": ID,
    },
    ["span", "userId"],
)


class Spans:
    """The spans that were asked for: which of them a moment falls into."""

    def __init__(self, call: Call) -> None:
        self.length = SECONDS[call.params["span"]]
        self.count = int(call.params["limit"])
        last = call.params["offset"]
        self.last = int((call.world.clock.now() if last is None else last / 1000) // self.length)

    def counts(self, moments: Iterable[float]) -> list[int]:
        """How many of them fall into each span, the newest first."""
        counted = [0] * self.count
        for moment in moments:
            ago = self.last - int(moment // self.length)
            if 0 <= ago < self.count:
                counted[ago] += 1
        return counted

    def totals(self, moments: Iterable[float]) -> list[int]:
        """How many there were by the end of each span."""
        placed = [int(moment // self.length) for moment in moments]
        return [sum(at <= self.last - ago for at in placed) for ago in range(self.count)]

    def none(self) -> list[int]:
        """Nothing in any of them."""
        return [0] * self.count


@endpoint("charts/user/notes", ASKED, get=True)
def notes(call: Call) -> Any:
    """What they wrote (charts-user-notes.json)."""
    spans = Spans(call)
    theirs = [n for n in call.world.notes.values() if n.user_id == call.params["userId"]]

    def counted(belongs: Callable[[Note], object]) -> list[int]:
        return spans.counts(note.created for note in theirs if belongs(note))

    diffs = {
        "normal": counted(lambda note: not note.reply_id and not note.renote_id),
        "reply": counted(lambda note: note.reply_id),
        "renote": counted(lambda note: note.renote_id and not note.reply_id),
        "withFile": counted(lambda note: note.file_ids),
    }
    if call.world.age.v11:
        del diffs["withFile"]
    return {
        "total": spans.totals(note.created for note in theirs),
        "inc": counted(lambda note: True),
        "dec": spans.none(),
        "diffs": diffs,
    }


@endpoint("charts/user/following", ASKED, get=True)
def following(call: Call) -> Any:
    """Whom they follow and who follows them (charts-user-following.json): all of it at once,
    on the first day of the world."""
    spans, world, user_id = Spans(call), call.world, call.params["userId"]
    people = world.people

    def side(others: list[str]) -> dict[str, list[int]]:
        return {
            "total": [len(others)] * spans.count,
            "inc": spans.none(),
            "dec": spans.none(),
        }

    def sides(here: bool) -> dict[str, dict[str, list[int]]]:
        followed = [b for a, b in world.following if a == user_id]
        followers = [a for a, b in world.following if b == user_id]
        return {
            "followings": side([p for p in followed if (people[p].host is None) == here]),
            "followers": side([p for p in followers if (people[p].host is None) == here]),
        }

    return {"local": sides(True), "remote": sides(False)}


@endpoint("charts/user/reactions", ASKED, get=True)
def reactions(call: Call) -> Any:
    """The reactions they got (charts-user-reactions.json), as if with the notes."""
    spans, world = Spans(call), call.world
    theirs = [n for n in world.notes.values() if n.user_id == call.params["userId"]]

    def counted(here: bool) -> dict[str, list[int]]:
        got = [
            note.created
            for note in theirs
            for who in note.reactions
            if (world.people[who].host is None) == here
        ]
        return {"count": spans.counts(got)}

    return {"local": counted(True), "remote": counted(False)}


@endpoint("charts/user/pv", ASKED, get=True)
def views(call: Call) -> Any:
    """How often their page was looked at (charts-user-pv.json): now and then."""
    spans = Spans(call)
    looked = [(spans.last - ago) % 7 for ago in range(spans.count)]
    some = {"user": looked, "visitor": [count // 2 for count in looked]}
    return {"upv": some, "pv": {name: [2 * n for n in counts] for name, counts in some.items()}}
