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
    if call.world.age.old:
        return shown
    pinned = [call.world.notes[id] for id in channel.pinned if id in call.world.notes]
    return {**shown, "pinnedNotes": call.show.notes(pinned)}


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


@endpoint(
    "channels/update",
    obj(
        {
            "channelId": ID,
            "name": {"type": "string", "minLength": 1, "maxLength": 128},
            "description": {"type": "string", "nullable": True, "maxLength": 2048},
            "bannerId": NULLABLE_ID,
            "isArchived": NULLABLE_FLAG,
            "pinnedNoteIds": {"type": "array", "items": ID},
            "color": {"type": "string", "minLength": 1, "maxLength": 16},
            "isSensitive": NULLABLE_FLAG,
            "allowRenoteToExternal": NULLABLE_FLAG,
        },
        ["channelId"],
    ),
    kind="write:channels",
)
def update(call: Call) -> Any:
    """Change what a channel is called and how it is (channels-update.json): its maker alone."""
    channel, params = call.channel("f9c5467f-d492-4c3c-9a8d-a70dacc86512"), call.params
    if channel.user_id != call.me.id:
        raise ApiError(
            "ACCESS_DENIED",
            "You do not have edit privilege of the channel.",
            "1fb7cb09-d46a-4fdf-b8df-057788cce513",
        )
    channel.name = params.get("name", channel.name)
    channel.color = params.get("color", channel.color)
    channel.archived = bool(params.get("isArchived", channel.archived))
    channel.sensitive = bool(params.get("isSensitive", channel.sensitive))
    channel.allow_renote_to_external = bool(
        params.get("allowRenoteToExternal", channel.allow_renote_to_external)
    )
    if "description" in params:
        channel.description = params["description"]
    return call.show.channel_detailed(channel)


@endpoint("channels/favorite", CHANNEL, kind="write:channels")
def favorite(call: Call) -> Any:
    """Keep a channel in mind."""
    channel = call.channel("4938f5f3-6167-4c04-9149-6607b7542861")
    call.world.channel_favorites[call.me.id, channel.id] = None


@endpoint("channels/unfavorite", CHANNEL, kind="write:channels")
def unfavorite(call: Call) -> Any:
    """Forget it again."""
    channel = call.channel("353c68dd-131a-476c-aa99-88a345e83668")
    call.world.channel_favorites.pop((call.me.id, channel.id), None)


@endpoint("channels/my-favorites", kind="read:channels")
def favorites(call: Call) -> Any:
    """The channels one keeps in mind (channels-my-favorites.json)."""
    mine = [kept for who, kept in call.world.channel_favorites if who == call.me.id]
    return [call.show.channel_detailed(call.world.channels[id]) for id in mine]


@endpoint(
    "channels/mute/create",
    obj(
        {"channelId": ID, "expiresAt": {"type": "integer", "nullable": True}},
        ["channelId"],
    ),
    kind="write:channels",
)
def mute(call: Call) -> Any:
    """Keep a channel's notes out of one's timelines."""
    channel = call.channel("7174361e-d58f-31d6-2e7c-6fb830786a3f")
    if (call.me.id, channel.id) in call.world.channel_muting:
        raise ApiError(
            "ALREADY_MUTING_CHANNEL",
            "You are already muting that user.",
            "5a251978-769a-da44-3e89-3931e43bb592",
        )
    call.world.channel_muting[call.me.id, channel.id] = None


@endpoint("channels/mute/delete", CHANNEL, kind="write:channels")
def unmute(call: Call) -> Any:
    """No longer."""
    channel = call.channel("e7998769-6e94-d9c2-6b8f-94a527314aba")
    if (call.me.id, channel.id) not in call.world.channel_muting:
        raise ApiError(
            "NOT_MUTING_CHANNEL",
            "You are not muting that channel.",
            "14d55962-6ea8-d990-1333-d6bef78dc2ab",
        )
    del call.world.channel_muting[call.me.id, channel.id]


@endpoint("channels/mute/list", kind="read:channels")
def muted(call: Call) -> Any:
    """The channels one has muted."""
    mine = [muted for who, muted in call.world.channel_muting if who == call.me.id]
    return [call.show.channel_detailed(call.world.channels[id]) for id in mine]


@endpoint("channels/featured")
def featured(call: Call) -> Any:
    """Those with notes, the newest note first (channels-featured.json)."""
    last: dict[str, float] = {}
    for note in call.world.notes.values():
        if note.channel_id is not None:
            last[note.channel_id] = max(note.created, last.get(note.channel_id, 0))
    found = [call.world.channels[id] for id in sorted(last, key=lambda id: -last[id])]
    return [call.show.channel_detailed(c) for c in found if not c.archived][:10]


@endpoint(
    "channels/search",
    obj(
        {
            "query": {"type": "string"},
            "type": {
                "type": "string",
                "enum": ["nameAndDescription", "nameOnly"],
                "default": "nameAndDescription",
            },
            **PAGING,
            "limit": {**PAGING["limit"], "default": 5},
        },
        ["query"],
    ),
)
def search(call: Call) -> Any:
    """Channels with those words in their name, or in what is said of them."""
    words, by_name = call.params["query"].lower(), call.params["type"] == "nameOnly"
    found = [
        channel
        for channel in call.world.channels.values()
        if not channel.archived
        and words in f"{channel.name} {'' if by_name else channel.description or ''}".lower()
    ]
    return [call.show.channel_detailed(c) for c in page(call.params, found, lambda c: c.id)]
