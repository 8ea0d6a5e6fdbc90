"""What one was told: the list, grouped and not, and marking it read."""

from __future__ import annotations

from typing import Any

from ..limits import Limit
from ..notices import TYPES, V11_TYPES, V12_TYPES, mark_read, notifications
from ..params import PAGING, STRING, Schema, flag, obj
from ..records import Notification
from .paging import page
from .table import Call, endpoint

LIMIT = Limit(30, 30)
NULLABLE: Schema = {"type": "string", "nullable": True}


def _params(types: tuple[str, ...], **more: Schema) -> Schema:
    several = {"type": "array", "items": {"type": "string", "enum": list(types)}}
    wanted = {"includeTypes": several, "excludeTypes": several}
    return obj({**PAGING, "markAsRead": flag(True), **wanted, **more})


OLD = {"following": flag(False), "unreadOnly": flag(False)}


@endpoint("i/notifications", _params(TYPES), kind="read:notifications", limit=LIMIT)
@endpoint("i/notifications", _params(V12_TYPES, **OLD), kind="read:notifications", ages=("v12",))
@endpoint("i/notifications", _params(V11_TYPES, **OLD), kind="read:notifications", ages=("v11",))
def ungrouped(call: Call) -> Any:
    """One's notifications (i-notifications.json). Reading marks all read unless told not to."""
    return [call.show.notification(told) for told in _asked_for(call)]


@endpoint("i/notifications-grouped", _params(TYPES), kind="read:notifications", limit=LIMIT)
def grouped(call: Call) -> Any:
    """The same, with neighbours of one note together (i-notifications-grouped.json).

    A group has the id of its oldest, to page on from, and the time of its newest.
    """
    shown: list[dict[str, Any]] = []
    for told in _asked_for(call):
        before = shown[-1] if shown else {}
        if told.type not in {"reaction", "renote"} or not _goes_with(before, told, call):
            shown.append(call.show.notification(told))
            continue
        if not before["type"].endswith(":grouped"):
            before = shown[-1] = _begun(before)
        assert told.user_id is not None
        user = call.show.user(call.world.people[told.user_id])
        if told.type == "reaction":
            before["reactions"].append({"user": user, "reaction": told.more["reaction"]})
        else:
            before["users"].append(user)
        before["id"] = told.id
    return shown


def _asked_for(call: Call) -> list[Notification]:
    world, me, params = call.world, call.me, call.params
    found = notifications(world, me)
    wanted, unwanted = params.get("includeTypes"), params.get("excludeTypes") or []
    read = world.read_until.get(me.id, "")
    found = [
        told
        for told in found
        if (not wanted or told.type in wanted)
        and told.type not in unwanted
        and not (params.get("unreadOnly") and told.id <= read)
        and not (params.get("following") and (me.id, told.user_id) not in world.following)
    ]
    asked = page(params, found, lambda told: told.id)
    if params["markAsRead"]:
        mark_read(world, me)
    return asked


def _goes_with(before: dict[str, Any], told: Notification, call: Call) -> bool:
    if before.get("type") not in {told.type, f"{told.type}:grouped"}:
        return False
    if told.type == "reaction":
        return bool(before["note"]["id"] == told.note_id)
    note = call.world.notes[told.note_id or ""]
    return bool(before["note"]["renoteId"] == note.renote_id)


def _begun(one: dict[str, Any]) -> dict[str, Any]:
    group = {"id": one["id"], "createdAt": one["createdAt"], "type": f"{one['type']}:grouped"}
    if one["type"] == "reaction":
        first = {"user": one["user"], "reaction": one["reaction"]}
        return {**group, "note": one["note"], "reactions": [first]}
    return {**group, "note": one["note"]["renote"], "users": [one["user"]]}


@endpoint("notifications/mark-all-as-read", kind="write:notifications")
def mark_all_as_read(call: Call) -> Any:
    """Nothing is new any more."""
    mark_read(call.world, call.me)


@endpoint("notifications/flush", kind="write:notifications")
def flush(call: Call) -> Any:
    """All of them are gone. Those that notes and reactions tell are made anew here."""
    call.world.told.pop(call.me.id, None)
    mark_read(call.world, call.me)


@endpoint("notifications/test-notification", kind="write:notifications", limit=Limit(10, 60))
def test(call: Call) -> Any:
    """One that says nothing (notifications-test.json)."""
    call.world.tell(call.me, "test")


@endpoint(
    "notifications/create",
    obj({"body": STRING, "header": NULLABLE, "icon": NULLABLE}, ["body"]),
    kind="write:notifications",
    limit=Limit(10, 60),
)
def create(call: Call) -> Any:
    """What an app tells its person (FACTS D.3 and "Delivery into Misskey")."""
    told = {name: call.params.get(name) for name in ("body", "header", "icon")}
    call.world.tell(call.me, "app", **told)
