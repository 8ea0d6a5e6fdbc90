"""Writing notes, taking them back, voting."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import ID, NULLABLE_ID, flag, obj
from ..records import Channel, File, Note, Poll
from ..world import Event
from .table import HOUR, Call, endpoint

MENTION_LIMIT = 20
FILE_IDS = {"type": "array", "uniqueItems": True, "minItems": 1, "maxItems": 16, "items": ID}
CHOICE = {"type": "string", "minLength": 1, "maxLength": 50}
NULLABLE_INTEGER = {"type": "integer", "nullable": True}

CREATE = obj(
    {
        "visibility": {
            "type": "string",
            "enum": ["public", "home", "followers", "specified"],
            "default": "public",
        },
        "visibleUserIds": {"type": "array", "uniqueItems": True, "items": ID},
        "cw": {"type": "string", "nullable": True, "minLength": 1, "maxLength": 100},
        "localOnly": flag(False),
        "reactionAcceptance": {
            "type": "string",
            "nullable": True,
            "enum": [
                None,
                "likeOnly",
                "likeOnlyForRemote",
                "nonSensitiveOnly",
                "nonSensitiveOnlyForLocalLikeOnlyForRemote",
            ],
            "default": None,
        },
        "noExtractMentions": flag(False),
        "noExtractHashtags": flag(False),
        "noExtractEmojis": flag(False),
        "replyId": NULLABLE_ID,
        "renoteId": NULLABLE_ID,
        "channelId": NULLABLE_ID,
        "text": {"type": "string", "nullable": True, "minLength": 1, "maxLength": 3000},
        "fileIds": FILE_IDS,
        "mediaIds": FILE_IDS,
        "poll": {
            "type": "object",
            "nullable": True,
            "properties": {
                "choices": {
                    "type": "array",
                    "uniqueItems": True,
                    "minItems": 2,
                    "maxItems": 10,
                    "items": CHOICE,
                },
                "multiple": {"type": "boolean"},
                "expiresAt": NULLABLE_INTEGER,
                "expiredAfter": {**NULLABLE_INTEGER, "minimum": 1},
            },
            "required": ["choices"],
        },
    }
)
# A note without files, poll or renote must say something that is not only blank.
CREATE["if"] = {
    "properties": {name: {"type": "null"} for name in ("renoteId", "fileIds", "mediaIds", "poll")}
}
CREATE["then"] = {
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 3000, "pattern": r"[^\s]+"}
    },
    "required": ["text"],
}


@endpoint("notes/create", CREATE, kind="write:notes", limit=Limit(300, HOUR))
def create(call: Call) -> Any:
    """Write a note (notes-create*.json)."""
    files = own_files(call)
    if len(files) != len(_file_ids(call)):
        raise ApiError(
            "NO_SUCH_FILE", "Some files are not found.", "b6992544-63e7-67f0-fa7f-32444b1b5306"
        )
    return write(call, files, renote_of(call), reply_of(call), channel_of(call))


def write(
    call: Call,
    files: list[File],
    renote: Note | None,
    reply: Note | None,
    channel: Channel | None,
) -> Any:
    """The note itself, its parts having been looked at."""
    params, world = call.params, call.world
    visible_ids = params.get("visibleUserIds") or []
    note = world.create_note(
        call.me,
        text=params.get("text"),
        cw=params.get("cw"),
        visibility=params["visibility"],
        local_only=params["localOnly"],
        visible=[world.people[id] for id in visible_ids if id in world.people],
        reply=reply,
        renote=renote,
        channel=channel,
        files=files,
        poll=_poll(call),
        reaction_acceptance=params.get("reactionAcceptance"),
        app=call.app,
    )
    if len(note.mentions) > MENTION_LIMIT:
        world.delete_note(note)
        raise ApiError(
            "CONTAINS_TOO_MANY_MENTIONS",
            "Cannot post because it exceeds the allowed number of mentions.",
            "4de0363a-3046-481b-9b0f-feff3e211025",
        )
    call.me.updated = note.created
    return {"createdNote": call.show.note(note)}


def _file_ids(call: Call) -> list[str]:
    ids: list[str] = call.params.get("fileIds") or call.params.get("mediaIds") or []
    return ids


def own_files(call: Call) -> list[File]:
    """Those of the named files that are the caller's."""
    files = [call.world.files.get(id) for id in _file_ids(call)]
    return [file for file in files if file and file.user_id == call.me.id]


def renote_of(call: Call) -> Note | None:
    """What `renoteId` names; raises what the server says of it."""
    if call.params.get("renoteId") is None:
        return None
    target = call.world.notes.get(call.params["renoteId"])
    if target is None:
        raise ApiError(
            "NO_SUCH_RENOTE_TARGET",
            "No such renote target.",
            "b5c90186-4ab0-49c8-9bba-a1f76c282ba4",
        )
    if target.is_pure_renote:
        raise ApiError(
            "CANNOT_RENOTE_TO_A_PURE_RENOTE",
            "You can not Renote a pure Renote.",
            "fd4cc33e-2a37-48dd-99cc-9b806eb2031a",
        )
    _refuse_blocked(call, target)
    others = target.visibility == "followers" and target.user_id != call.me.id
    if others or target.visibility == "specified":
        raise ApiError(
            "CANNOT_RENOTE_DUE_TO_VISIBILITY",
            "You can not Renote due to target visibility.",
            "be9529e9-fe72-4de0-ae43-0b363c4938af",
        )
    if target.channel_id and target.channel_id != call.params.get("channelId"):
        channel = call.world.channels[target.channel_id]
        if not channel.allow_renote_to_external:
            raise ApiError(
                "CANNOT_RENOTE_OUTSIDE_OF_CHANNEL",
                "Cannot renote outside of channel.",
                "33510210-8452-094c-6227-4a6c05d99f00",
            )
    return target


def reply_of(call: Call) -> Note | None:
    """What `replyId` names; raises what the server says of it."""
    if call.params.get("replyId") is None:
        return None
    target = call.world.notes.get(call.params["replyId"])
    if target is None:
        raise ApiError(
            "NO_SUCH_REPLY_TARGET",
            "No such reply target.",
            "749ee0f6-d3da-459a-bf02-282e2da4292c",
        )
    if target.is_pure_renote:
        raise ApiError(
            "CANNOT_REPLY_TO_A_PURE_RENOTE",
            "You can not reply to a pure Renote.",
            "3ac74a84-8fd5-4bb0-870f-01804f82ce15",
        )
    if not call.world.is_visible(target, call.me):
        raise ApiError(
            "CANNOT_REPLY_TO_AN_INVISIBLE_NOTE",
            "You cannot reply to an invisible Note.",
            "b98980fa-3780-406c-a935-b6d0eeee10d1",
        )
    if target.visibility == "specified" and call.params["visibility"] != "specified":
        raise ApiError(
            "CANNOT_REPLY_TO_SPECIFIED_VISIBILITY_NOTE_WITH_EXTENDED_VISIBILITY",
            "You cannot reply to a specified visibility note with extended visibility.",
            "ed940410-535c-4d5e-bfa3-af798671e93c",
        )
    _refuse_blocked(call, target)
    return target


def _refuse_blocked(call: Call, target: Note) -> None:
    if (target.user_id, call.me.id) in call.world.blocking:
        raise ApiError(
            "YOU_HAVE_BEEN_BLOCKED",
            "You have been blocked by this user.",
            "b390d7e1-8a5e-46ed-b625-06271cafd3d3",
        )


def _poll(call: Call) -> Poll | None:
    asked = call.params.get("poll")
    if asked is None:
        return None
    now = call.world.clock.now()
    expires: float | None = None
    if asked.get("expiresAt") is not None:
        expires = asked["expiresAt"] / 1000
        if expires < now:
            raise ApiError(
                "CANNOT_CREATE_ALREADY_EXPIRED_POLL",
                "Poll is already expired.",
                "04da457d-b083-4055-9082-955525eda5a5",
            )
    elif asked.get("expiredAfter") is not None:
        expires = now + asked["expiredAfter"] / 1000
    return Poll(asked["choices"], bool(asked.get("multiple")), expires)


def channel_of(call: Call) -> Channel | None:
    """What `channelId` names; raises what the server says of it."""
    if call.params.get("channelId") is None:
        return None
    channel = call.world.channels.get(call.params["channelId"])
    if channel is None:
        raise ApiError(
            "NO_SUCH_CHANNEL", "No such channel.", "b1653923-5453-4edc-b786-7c4f39bb0bbb"
        )
    return channel


@endpoint(
    "notes/delete",
    obj({"noteId": ID}, ["noteId"]),
    kind="write:notes",
    limit=Limit(300, HOUR, min_interval=1),
)
def delete(call: Call) -> Any:
    """Delete one's own note (notes-delete.json)."""
    note = call.note("490be23f-8c1f-4796-819f-94cb4f9d1630")
    if note.user_id != call.me.id:
        raise ApiError("ACCESS_DENIED", "Access denied.", "fe8d7103-0ea8-4ec3-814d-f8b401dc69e9")
    call.world.delete_note(note)


@endpoint(
    "notes/unrenote",
    obj({"noteId": ID}, ["noteId"]),
    kind="write:notes",
    limit=Limit(300, HOUR, min_interval=1),
)
def unrenote(call: Call) -> Any:
    """Take back all one's shares of that note, QUOTES TOO; none is no error."""
    target = call.note("efd4a259-2442-496b-8dd7-b255aa1a160f")
    shares = [
        note
        for note in call.world.notes.values()
        if note.renote_id == target.id and note.user_id == call.me.id
    ]
    for note in shares:
        call.world.delete_note(note)


@endpoint(
    "notes/polls/vote",
    obj({"noteId": ID, "choice": {"type": "integer"}}, ["noteId", "choice"]),
    kind="write:votes",
)
def vote(call: Call) -> Any:
    """Choose one answer of a poll; where several may be chosen, one call each."""
    note = call.note("ecafbd2e-c283-4d6d-aecb-1a0a33b75396")
    poll = note.poll
    if poll is None:
        raise ApiError(
            "NO_POLL", "The note does not attach a poll.", "5f979967-52d9-4314-a911-1c673727f92f"
        )
    if (note.user_id, call.me.id) in call.world.blocking:
        raise ApiError(
            "YOU_HAVE_BEEN_BLOCKED",
            "You cannot vote this poll because you have been blocked by this user.",
            "85a5377e-b1e9-4617-b0b9-5bea73331e49",
        )
    if poll.expires is not None and poll.expires < call.world.clock.now():
        raise ApiError(
            "ALREADY_EXPIRED",
            "The poll is already expired.",
            "1022a357-b085-4054-9083-8f8de358337e",
        )
    choice = int(call.params["choice"])
    if not 0 <= choice < len(poll.choices):
        raise ApiError(
            "INVALID_CHOICE", "Choice ID is invalid.", "e0cc9a04-f2e8-41e4-a5f1-4127293260cc"
        )
    mine = poll.votes.setdefault(call.me.id, [])
    if choice in mine or (mine and not poll.multiple):
        raise ApiError(
            "ALREADY_VOTED", "You have already voted.", "0963fc77-efac-419b-9424-b391608dc6d8"
        )
    mine.append(choice)
    call.world.happened(Event("pollVoted", note, call.me, choice))
