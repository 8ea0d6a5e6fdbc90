"""Channels: rooms for notes on one subject. Their notes are in `timelines.py`."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import ID, NULLABLE_ID, PAGING, obj
from ..records import Channel
from .paging import page
from .table import HOUR, Call, endpoint

CHANNEL = obj({"channelId": ID}, ["channelId"])
NULLABLE_FLAG = {"type": "boolean", "nullable": True}


@endpoint(
    "channels/followed",
    obj({**PAGING, "limit": {**PAGING["limit"], "default": 5}}),
    kind="read:channels",
)
def followed(call: Call) -> Any:
    """The channels one follows, paged by the ids of the followings, which nobody sees."""
    mine = [
        (id, key[1]) for key, id in call.world.channel_following.items() if key[0] == call.me.id
    ]
    return [
        call.show.channel_detailed(call.world.channels[channel])
        for _, channel in page(call.params, mine, lambda pair: pair[0])
    ]


@endpoint(
    "channels/owned",
    obj({**PAGING, "limit": {**PAGING["limit"], "default": 5}}),
    kind="read:channels",
)
def owned(call: Call) -> Any:
    """The channels one made."""
    mine = [channel for channel in call.world.channels.values() if channel.user_id == call.me.id]
    return [call.show.channel_detailed(c) for c in page(call.params, mine, lambda c: c.id)]


@endpoint("channels/show", CHANNEL)
def show(call: Call) -> Any:
    """One channel (channels-show.json)."""
    channel = call.channel("6f6c314b-7486-4897-8966-c04a66a02923")
    shown = call.show.channel_detailed(channel)
    return shown if call.world.age.old else {**shown, "pinnedNotes": []}


@endpoint(
    "channels/create",
    obj(
        {
            "name": {"type": "string", "minLength": 1, "maxLength": 128},
            "description": {"type": "string", "nullable": True, "maxLength": 2048},
            "bannerId": NULLABLE_ID,
            "color": {"type": "string", "minLength": 1, "maxLength": 16},
            "isSensitive": NULLABLE_FLAG,
            "allowRenoteToExternal": NULLABLE_FLAG,
        },
        ["name"],
    ),
    kind="write:channels",
    limit=Limit(10, HOUR),
)
def create(call: Call) -> Any:
    """A new channel; its maker does not follow it yet (channels-create.json)."""
    params, world = call.params, call.world
    banner = None
    if params.get("bannerId") is not None:
        banner = world.files.get(params["bannerId"])
        if banner is None or banner.user_id != call.me.id:
            raise ApiError("NO_SUCH_FILE", "No such file.", "cd1e9f3e-5a12-4ab4-96f6-5d0a2cc32050")
    now = world.clock.now()
    external = params.get("allowRenoteToExternal")
    channel = Channel(
        world.ids.at(now),
        params["name"],
        params.get("color", "#86b300"),
        call.me.id,
        bool(params.get("isSensitive")),
        external is None or external,
        now,
        params.get("description") or None,
        banner,
    )
    world.channels[channel.id] = channel
    return call.show.channel_detailed(channel)


@endpoint("channels/follow", CHANNEL, kind="write:channels")
def follow(call: Call) -> Any:
    """Let a channel's notes into one's home; twice is a fault inside on the real server."""
    channel = call.channel("c0031718-d573-4e85-928e-10039f1fbb68")
    if (call.me.id, channel.id) in call.world.channel_following:
        raise LookupError("followed already")
    call.world.follow_channel(call.me, channel)


@endpoint("channels/unfollow", CHANNEL, kind="write:channels")
def unfollow(call: Call) -> Any:
    """No more of it."""
    channel = call.channel("19959ee9-0153-4c51-bbd9-a98c49dc59d6")
    call.world.channel_following.pop((call.me.id, channel.id), None)
