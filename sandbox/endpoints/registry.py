"""What apps keep at the server, under keys in scopes. Each app sees only its own."""

from __future__ import annotations

from typing import Any

from ..clock import iso
from ..errors import ApiError
from ..params import Schema, obj
from ..records import Kept
from .table import Call, endpoint

SCOPE: dict[str, Schema] = {
    "scope": {
        "type": "array",
        "default": [],
        "items": {"type": "string", "pattern": "^[a-zA-Z0-9_]+$"},
    },
    "domain": {"type": "string", "nullable": True},
}
ONE: dict[str, Schema] = {"key": {"type": "string"}, **SCOPE}
_TYPES = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}


def _scope(call: Call) -> dict[str, Kept]:
    """What this app keeps for this person in the scope; `domain` is for the official client."""
    app = call.app.id if call.app else ""
    return call.world.registry.setdefault((call.me.id, app, tuple(call.params["scope"])), {})


def _one(call: Call, error_id: str) -> Kept:
    kept = _scope(call).get(call.params["key"])
    if kept is None:
        raise ApiError("NO_SUCH_KEY", "No such key.", error_id)
    return kept


@endpoint("i/registry/keys", obj(SCOPE, ["scope"]), kind="read:account")
def keys(call: Call) -> Any:
    """The keys of a scope (i-registry-keys.json: none)."""
    return list(_scope(call))


@endpoint("i/registry/keys-with-type", obj(SCOPE, ["scope"]), kind="read:account")
def keys_with_type(call: Call) -> Any:
    """The keys of a scope, and of what type each value is."""
    return {
        key: "null" if kept.value is None else _TYPES.get(type(kept.value), "object")
        for key, kept in _scope(call).items()
    }


@endpoint("i/registry/get-all", obj(SCOPE, ["scope"]), kind="read:account")
def everything(call: Call) -> Any:
    """All values of a scope by their keys."""
    return {key: kept.value for key, kept in _scope(call).items()}


@endpoint("i/registry/get", obj(ONE, ["key", "scope"]), kind="read:account")
def value(call: Call) -> Any:
    """One value (i-registry-get.json)."""
    return _one(call, "ac3ed68a-62f0-422b-a7bc-d5e09e8f6a6a").value


@endpoint("i/registry/get-detail", obj(ONE, ["key", "scope"]), kind="read:account")
def detail(call: Call) -> Any:
    """One value, and since when it is so."""
    kept = _one(call, "97a1e8e7-c0f7-47d2-957a-92e61256e01a")
    return {"updatedAt": iso(kept.updated), "value": kept.value}


@endpoint(
    "i/registry/set",
    obj(
        {"key": {"type": "string", "minLength": 1}, "value": {}, **SCOPE},
        ["key", "value", "scope"],
    ),
    kind="write:account",
)
def put(call: Call) -> Any:
    """Keep a value (i-registry-set.json)."""
    _scope(call)[call.params["key"]] = Kept(call.params["value"], call.world.clock.now())


@endpoint("i/registry/remove", obj(ONE, ["key", "scope"]), kind="write:account")
def remove(call: Call) -> Any:
    """No longer."""
    _one(call, "1fac4e8a-a6cd-4e39-a4a5-3a7e11f1b019")
    del _scope(call)[call.params["key"]]


def _not_for_apps(call: Call) -> Any:
    """v12 lets only its own client in (i-registry-get.json of v12)."""
    raise ApiError("ACCESS_DENIED", "Access denied.", "56f35758-7dd5-468b-8439-5d6fb8ec9b8e")


for name in ("keys", "keys-with-type", "get-all", "get", "get-detail", "set", "remove"):
    endpoint(f"i/registry/{name}", kind="read:account", ages=("v12",))(_not_for_apps)
