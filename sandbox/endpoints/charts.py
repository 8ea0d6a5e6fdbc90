"""Charts of one person, of the server and of others: counts by the day or the hour, the newest
first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..params import ID, STRING, Schema, obj
from ..records import File, Note, Person
from .table import Call, endpoint

DAY = 24 * 3600.0
SECONDS = {"day": DAY, "hour": 3600.0}
SPAN: dict[str, Schema] = {
    "span": {"type": "string", "enum": ["day", "hour"]},
    "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 30},
    "offset": {"type": "integer", "nullable": True, "default": None},
}
ASKED: Schema = obj({**SPAN, "userId": ID}, ["span", "userId"])
OF_SERVER: Schema = obj(SPAN, ["span"])


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
    theirs = [n for n in call.world.notes.values() if n.user_id == call.params["userId"]]
    counted = _notes(Spans(call), theirs)
    if call.world.age.v11:
        del counted["diffs"]["withFile"]
    return counted


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


@endpoint("charts/user/drive", ASKED, get=True)
def drive(call: Call) -> Any:
    """What they put into their drive; nothing is ever taken out."""
    spans = Spans(call)
    theirs = [f for f in call.world.files.values() if f.user_id == call.params["userId"]]
    return {
        "totalCount": spans.totals(file.created for file in theirs),
        "totalSize": spans.none(),
        **_files(spans, theirs),
    }


# The server -----------------------------------------------------------------------------------


@endpoint("charts/active-users", OF_SERVER, get=True)
def active(call: Call) -> Any:
    """Who wrote something, as if who read did; everybody here is new."""
    spans, world = Spans(call), call.world
    here = {person.id for person in world.locals()}
    wrote = [0] * spans.count
    for ago in range(spans.count):
        authors = {
            note.user_id
            for note in world.notes.values()
            if spans.last - int(note.created // spans.length) == ago
        }
        wrote[ago] = len(authors & here)
    inside = {f"registeredWithin{span}": wrote for span in ("Week", "Month", "Year")}
    outside = {f"registeredOutside{span}": spans.none() for span in ("Week", "Month", "Year")}
    return {"readWrite": wrote, "read": wrote, "write": wrote, **inside, **outside}


@endpoint("charts/ap-request", OF_SERVER, get=True)
def requests(call: Call) -> Any:
    """What went to other servers and came from there: a note is one of them."""
    return _requests(
        Spans(call), call, None, ("inboxReceived", "deliverSucceeded", "deliverFailed")
    )


@endpoint("charts/federation", OF_SERVER, get=True)
def federation(call: Call) -> Any:
    """Other servers: all of them are there every day."""
    spans = Spans(call)
    count = len({person.host for person in call.world.people.values() if person.host})
    all_of_them = [count] * spans.count
    names = ("deliveredInstances", "inboxInstances", "sub", "pub", "pubsub", "subActive")
    return {
        **dict.fromkeys((*names, "pubActive"), all_of_them),
        "stalled": spans.none(),
    }


@endpoint("charts/drive", OF_SERVER, get=True)
def files(call: Call) -> Any:
    """Files of people here; none came from elsewhere."""
    spans = Spans(call)
    return {
        "local": _files(spans, list(call.world.files.values())),
        "remote": _files(spans, []),
    }


@endpoint("charts/notes", OF_SERVER, get=True)
def all_notes(call: Call) -> Any:
    """Notes, by where they come from."""
    spans, world = Spans(call), call.world

    def side(here: bool) -> Any:
        return _notes(spans, [n for n in world.notes.values() if _is_here(call, n.user_id) == here])

    return {"local": side(True), "remote": side(False)}


@endpoint("charts/users", OF_SERVER, get=True)
def people(call: Call) -> Any:
    """People, by where they are."""
    spans, world = Spans(call), call.world

    def side(here: bool) -> Any:
        return _people(spans, [p for p in world.people.values() if (p.host is None) == here])

    return {"local": side(True), "remote": side(False)}


@endpoint("charts/instance", obj({**SPAN, "host": STRING}, ["span", "host"]), get=True)
def instance(call: Call) -> Any:
    """One other server. Of one that nobody knows, all is nought."""
    spans, world, host = Spans(call), call.world, call.params["host"]
    theirs = [person for person in world.people.values() if person.host == host]
    ids = {person.id for person in theirs}
    nobody: dict[str, Any] = {"total": spans.none(), "inc": spans.none(), "dec": spans.none()}
    empty = ("totalFiles", "incFiles", "decFiles", "incUsage", "decUsage")
    return {
        "requests": _requests(spans, call, host, ("received", "succeeded", "failed")),
        "notes": _notes(spans, [n for n in world.notes.values() if n.user_id in ids]),
        "users": _people(spans, theirs),
        "following": nobody,
        "followers": nobody,
        "drive": {name: spans.none() for name in empty},
    }


def _is_here(call: Call, user_id: str) -> bool:
    return call.world.people[user_id].host is None


def _requests(
    spans: Spans, call: Call, host: str | None, names: tuple[str, str, str]
) -> dict[str, Any]:
    """What came from `host`, or from everywhere else; what went there; what could not."""
    notes, people = list(call.world.notes.values()), call.world.people
    came = [
        note.created
        for note in notes
        if people[note.user_id].host and host in (None, people[note.user_id].host)
    ]
    went = [note.created for note in notes if _is_here(call, note.user_id)]
    return dict(zip(names, (spans.counts(came), spans.counts(went), spans.none()), strict=True))


def _files(spans: Spans, files: list[File]) -> dict[str, Any]:
    return {
        "incCount": spans.counts(file.created for file in files),
        "incSize": spans.none(),
        "decCount": spans.none(),
        "decSize": spans.none(),
    }


def _people(spans: Spans, people: list[Person]) -> dict[str, Any]:
    joined = [person.created for person in people]
    return {"total": spans.totals(joined), "inc": spans.counts(joined), "dec": spans.none()}


def _notes(spans: Spans, notes: list[Note]) -> dict[str, Any]:
    def counted(belongs: Callable[[Note], object]) -> list[int]:
        return spans.counts(note.created for note in notes if belongs(note))

    return {
        "total": spans.totals(note.created for note in notes),
        "inc": counted(lambda note: True),
        "dec": spans.none(),
        "diffs": {
            "normal": counted(lambda note: not note.reply_id and not note.renote_id),
            "reply": counted(lambda note: note.reply_id),
            "renote": counted(lambda note: note.renote_id and not note.reply_id),
            "withFile": counted(lambda note: note.file_ids),
        },
    }
