"""Accounts: one's own, and others'."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..params import ID, LIMIT, STRING, flag, obj
from ..records import Person, Report
from .table import Call, endpoint

NULLABLE_STRING = {"type": "string", "nullable": True}


@endpoint("i", kind="read:account")
def i(call: Call) -> Any:
    """The caller's own account (i.json)."""
    return call.show.me_detailed(call.me)


@endpoint(
    "users/show",
    {
        "allOf": [
            {
                "anyOf": [
                    obj({"userId": ID}, ["userId"]),
                    obj(
                        {"userIds": {"type": "array", "uniqueItems": True, "items": ID}},
                        ["userIds"],
                    ),
                    obj({"username": STRING}, ["username"]),
                ]
            },
            obj({"host": {"type": "string", "nullable": True}}),
        ]
    },
)
def show(call: Call) -> Any:
    """A profile by id or by name, or several by their ids (users-show-bob.json)."""
    params, people = call.params, call.world.people
    if isinstance(params.get("userIds"), list):
        return [_profile(call, people[id]) for id in params["userIds"] if id in people]
    if isinstance(params.get("userId"), str):
        person = people.get(params["userId"])
    else:
        host = params.get("host")
        here = host is None or f"//{host}" in call.world.origin
        person = call.world.find_person(params["username"], None if here else host)
        if person is None and not here:
            raise ApiError(
                "FAILED_TO_RESOLVE_REMOTE_USER",
                "Failed to resolve remote user.",
                "ef7b9be4-9cba-4e6f-ab41-90ed171c7d3c",
                kind="server",
            )
    if person is None:
        raise ApiError(
            "NO_SUCH_USER", "No such user.", "4362f8dc-731f-4ad8-a694-be5a88922a24", status=404
        )
    return _profile(call, person)


def _profile(call: Call, person: Person) -> dict[str, Any]:
    if call.person is not None and call.person.id == person.id:
        return call.show.me_detailed(person)
    return call.show.user_detailed(person)


@endpoint(
    "username/available",
    obj({"username": {"type": "string", "pattern": r"^\w{1,20}$"}}, ["username"]),
)
def username_available(call: Call) -> Any:
    """Whether a new account could have that name."""
    return {"available": call.world.find_person(call.params["username"]) is None}


@endpoint(
    "users/search",
    obj(
        {
            "query": STRING,
            "offset": {"type": "integer", "default": 0},
            "limit": LIMIT,
            "origin": {
                "type": "string",
                "enum": ["local", "remote", "combined"],
                "default": "combined",
            },
            "detail": flag(True),
        },
        ["query"],
    ),
)
def search(call: Call) -> Any:
    """People whose name holds those words (users-search.json); `@name` for how it begins."""
    params = call.params
    words = params["query"].strip().lower()
    found = [
        person
        for person in call.world.people.values()
        if params["origin"] in {"combined", "local" if person.host is None else "remote"}
        and _is_called(person, words)
    ]
    found.sort(key=lambda person: person.updated or 0, reverse=True)
    first = max(0, int(params["offset"]))
    return _several(call, found[first : first + int(params["limit"])])


def _is_called(person: Person, words: str) -> bool:
    if words.startswith("@"):
        return person.username.lower().startswith(words[1:])
    return words in (person.name or "").lower() or words in person.username.lower()


@endpoint(
    "users/search-by-username-and-host",
    {
        "allOf": [
            {
                "anyOf": [
                    obj({"username": NULLABLE_STRING}, ["username"]),
                    obj({"host": NULLABLE_STRING}, ["host"]),
                ]
            },
            obj({"limit": LIMIT, "detail": flag(True)}),
        ]
    },
)
def search_by_name(call: Call) -> Any:
    """People whose username, and host, begin so: those one follows first."""
    params = {"limit": 10, "detail": True, **call.params}
    name, host = ((params.get(key) or "").lower() for key in ("username", "host"))
    here = bool(host) and f"//{host}" in call.world.origin
    found = [
        person
        for person in call.world.people.values()
        if person.username.lower().startswith(name)
        and (not host or (person.host is None if here else (person.host or "").startswith(host)))
    ]
    me = call.person
    found.sort(key=lambda p: (me is None or not call.world.follows(me, p), -(p.updated or 0)))
    return _several(call, found[: int(params["limit"])], detail=params["detail"])


def _several(call: Call, people: list[Person], *, detail: bool | None = None) -> Any:
    detailed = call.params["detail"] if detail is None else detail
    return [_profile(call, person) if detailed else call.show.user(person) for person in people]


@endpoint(
    "users/report-abuse",
    obj(
        {"userId": ID, "comment": {"type": "string", "minLength": 1, "maxLength": 2048}},
        ["userId", "comment"],
    ),
    kind="write:report-abuse",
)
def report_abuse(call: Call) -> Any:
    """Tell the moderators of somebody: `world.reports` keeps it."""
    person = call.world.people.get(call.params["userId"])
    if person is None:
        raise ApiError("NO_SUCH_USER", "No such user.", "1acefcb5-0959-43fd-9685-b48305736cb5")
    if person.id == call.me.id:
        raise ApiError(
            "CANNOT_REPORT_YOURSELF",
            "Cannot report yourself.",
            "1e13149e-b1e8-43cf-902e-c01dbfcb202f",
        )
    call.world.reports.append(Report(call.me.id, person.id, call.params["comment"]))
