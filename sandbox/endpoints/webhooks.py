"""Addresses that are told what happens to somebody. Nothing is sent from here."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..params import ID, obj
from ..records import Webhook
from .table import Call, endpoint

NAME = {"type": "string", "minLength": 1, "maxLength": 100}
URL = {"type": "string", "minLength": 1, "maxLength": 1024}
ON = {
    "type": "array",
    "items": {
        "type": "string",
        "enum": [
            *("mention", "unfollow", "follow", "followed", "note", "reply", "renote", "reaction")
        ],
    },
}
WEBHOOK = obj({"webhookId": ID}, ["webhookId"])
MOST = 3


def _own(call: Call, error_id: str) -> Webhook:
    hook = call.world.webhooks.get(call.params["webhookId"])
    if hook is None or hook.user_id != call.me.id:
        raise ApiError("NO_SUCH_WEBHOOK", "No such webhook.", error_id)
    return hook


def _mine(call: Call) -> list[Webhook]:
    return [hook for hook in call.world.webhooks.values() if hook.user_id == call.me.id]


@endpoint("i/webhooks/list", kind="read:account")
def webhooks(call: Call) -> Any:
    """One's own (i-webhooks-list.json: none)."""
    return [call.show.webhook(hook) for hook in _mine(call)]


@endpoint("i/webhooks/show", WEBHOOK, kind="read:account")
def show(call: Call) -> Any:
    """One of them."""
    return call.show.webhook(_own(call, "50f614d9-3047-4f7e-90d8-ad6b2d5fb098"))


@endpoint(
    "i/webhooks/create",
    obj(
        {
            "name": NAME,
            "url": URL,
            "secret": {"type": "string", "maxLength": 1024, "default": ""},
            "on": ON,
        },
        ["name", "url", "on"],
    ),
    kind="write:account",
)
def create(call: Call) -> Any:
    """A new one."""
    if len(_mine(call)) >= MOST:
        raise ApiError(
            "TOO_MANY_WEBHOOKS",
            "You cannot create webhook any more.",
            "87a9bb19-111e-4e37-81d3-a3e7426453b0",
        )
    params, world = call.params, call.world
    id = world.ids.at(world.clock.now())
    made = (id, call.me.id, params["name"], params["url"], params["secret"], params["on"])
    world.webhooks[id] = Webhook(*made)
    return call.show.webhook(world.webhooks[id])


@endpoint(
    "i/webhooks/update",
    obj(
        {
            "webhookId": ID,
            "name": NAME,
            "url": URL,
            "secret": {"type": "string", "nullable": True, "maxLength": 1024},
            "on": ON,
            "active": {"type": "boolean"},
        },
        ["webhookId"],
    ),
    kind="write:account",
)
def update(call: Call) -> Any:
    """Change one."""
    hook, params = _own(call, "fb0fea69-da18-45b1-828d-bd4fd1612518"), call.params
    for name in ("name", "url", "on", "active"):
        setattr(hook, name, params.get(name, getattr(hook, name)))
    if "secret" in params:
        hook.secret = params["secret"] or ""


@endpoint("i/webhooks/delete", WEBHOOK, kind="write:account")
def delete(call: Call) -> Any:
    """No longer."""
    del call.world.webhooks[_own(call, "bae73e5a-5522-4965-ae19-3a8688e71d82").id]
