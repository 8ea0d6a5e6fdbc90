"""The endpoints of v11 and v12 that are other ones than today's.

What differs in shape alone is in `old_shapes.py`; what the servers refuse or
pass over is here. The rest of their tables is today's, without what came later
(`table.py`).
"""

from __future__ import annotations

import uuid
from typing import Any

from ..errors import ApiError, internal_error, invalid_param
from ..limits import Limit
from ..params import ID, LIMIT, NULLABLE_ID, PAGING, STRING, flag, obj
from ..records import File, Note
from ..uploads import content_of
from . import drive, writing
from .paging import page as page_of
from .table import HOUR, TABLE, Call, endpoint
from .timelines import page

BOTH = ("v12", "v11")
DATES = {"sinceDate": {"type": "integer"}, "untilDate": {"type": "integer"}}
OLD_PAGING = {"limit": LIMIT, "sinceId": ID, "untilId": ID, **DATES}


# About the server ----------------------------------------------------------


@endpoint("meta", obj({"detail": flag(True)}), ages=("v12",))
def meta_v12(call: Call) -> Any:
    """meta.json of v12; `detail: false` leaves five keys out."""
    shown = _meta(call) | {
        "tosUrl": None,
        "repositoryUrl": "https://github.com/misskey-dev/misskey",
        "feedbackUrl": "https://github.com/misskey-dev/misskey/issues/new",
        "emailRequiredForSignup": False,
        "enableHcaptcha": False,
        "hcaptchaSiteKey": None,
        "themeColor": "#8a5a3c",
        "backgroundImageUrl": None,
        "logoImageUrl": None,
        "emojis": [{**emoji, "host": None} for emoji in _emojis(call)],
        "defaultLightTheme": None,
        "defaultDarkTheme": None,
        "ads": [],
        "translatorAvailable": call.world.settings.translator,
    }
    if call.params["detail"]:
        shown |= {
            "pinnedPages": ["/featured", "/channels", "/explore", "/pages", "/about-misskey"],
            "pinnedClipId": None,
            "requireSetup": False,
            "proxyAccountName": None,
            "features": _features(
                "emailRequiredForSignup", "hcaptcha", registration=True, miauth=True
            ),
        }
    return shown


@endpoint("meta", obj({"detail": flag(True)}), ages=("v11",))
def meta_v11(call: Call) -> Any:
    """meta.json of v11; `detail: false` leaves `features` out."""
    shown = _meta(call) | {
        "ToSUrl": None,
        "repositoryUrl": "https://github.com/syuilo/misskey",
        "feedbackUrl": "https://github.com/syuilo/misskey/issues/new",
        "machine": "sandbox",
        "os": "linux",
        "node": "v18.20.8",
        "psql": "15.20",
        "redis": "7.0.15",
        "cpu": {"model": "A pretend processor", "cores": 2},
        "announcements": [
            {"title": told.title, "text": told.text, "image": None}
            for told in call.world.announcements
        ],
        "enableEmojiReaction": True,
        "cacheRemoteFiles": True,
        "proxyRemoteFiles": False,
        "emojis": _emojis(call),
    }
    if call.params["detail"]:
        shown["features"] = _features("objectStorage", registration=True)
    return shown


def _meta(call: Call) -> dict[str, Any]:
    settings = call.world.settings
    return {
        "maintainerName": "The sandbox",
        "maintainerEmail": "nobody@sandbox.example",
        "version": call.world.age.version,
        "name": "Engawa's sandbox",
        "uri": call.world.origin,
        "description": "A pretend server for trying things out. Nothing here is kept.",
        "langs": ["ja", "en"],
        "disableRegistration": False,
        "disableLocalTimeline": False,
        "disableGlobalTimeline": False,
        "driveCapacityPerLocalUserMb": settings.drive_capacity_mb,
        "driveCapacityPerRemoteUserMb": 32,
        "enableRecaptcha": False,
        "recaptchaSiteKey": None,
        "swPublickey": None,
        "mascotImageUrl": "/assets/mascot.png",
        "bannerUrl": None,
        "errorImageUrl": "/assets/error.png",
        "iconUrl": None,
        "maxNoteTextLength": settings.max_note_text_length,
        "enableEmail": False,
        "enableTwitterIntegration": False,
        "enableGithubIntegration": False,
        "enableDiscordIntegration": False,
        "enableServiceWorker": False,
    }


def _features(*more: str, **known: bool) -> dict[str, bool]:
    off = ("elasticsearch", "recaptcha", "twitter", "github", "discord", "serviceWorker", *more)
    return {"localTimeLine": True, "globalTimeLine": True, **dict.fromkeys(off, False), **known}


def _emojis(call: Call) -> list[dict[str, Any]]:
    listed = sorted(call.world.emojis.values(), key=lambda e: (e.category or "", e.name))
    return [
        {
            "id": emoji.id,
            "aliases": emoji.aliases,
            "name": emoji.name,
            "category": emoji.category,
            "url": call.show.file_url(emoji.file),
        }
        for emoji in listed
    ]


# Reading ------------------------------------------------------------------


@endpoint("notes/state", obj({"noteId": ID}, ["noteId"]), kind="read:account", ages=BOTH)
def state(call: Call) -> Any:
    """As today's, and whether one watches the note; v11 mutes no threads."""
    shown = {**TABLE["notes/state"].function(call), "isWatching": False}
    if call.world.age.v11:
        del shown["isMutedThread"]
    return shown


@endpoint(
    "users/notes",
    obj(
        {
            "userId": ID,
            "includeReplies": flag(True),
            **OLD_PAGING,
            "includeMyRenotes": flag(True),
            "withFiles": flag(False),
            "fileType": {"type": "array", "items": STRING},
            "excludeNsfw": flag(False),
        },
        ["userId"],
    ),
    ages=BOTH,
)
def user_notes(call: Call) -> Any:
    """One person's notes: `withReplies` and `withRenotes` are not known here."""
    params, world = call.params, call.world

    def belongs(note: Note) -> bool:
        files = [world.files[id] for id in note.file_ids if id in world.files]
        kinds = params.get("fileType")
        return bool(
            note.user_id == params["userId"]
            and world.is_visible(note, call.person)
            and (params["includeReplies"] or note.reply_id is None)
            and (params["includeMyRenotes"] or not note.is_pure_renote)
            and (files or not (params["withFiles"] or kinds))
            and (not kinds or any(file.content.type in kinds for file in files))
        )

    return page(call, belongs)


@endpoint(
    "notes/reactions",
    obj(
        {
            "noteId": ID,
            "type": {"type": "string", "nullable": True},
            "limit": LIMIT,
            "offset": {"type": "integer", "default": 0},
            "sinceId": ID,
            "untilId": ID,
        },
        ["noteId"],
    ),
    ages=BOTH,
)
def reactions(call: Call) -> Any:
    """As today's, with an `offset`."""
    first, limit = max(0, int(call.params["offset"])), int(call.params["limit"])
    note = call.world.notes.get(call.params["noteId"])
    if note is None:
        return []
    wanted = writing_of(call.params.get("type"))
    people = [id for id, given in note.reactions.items() if wanted in {None, given}]
    all_of_them = {**call.params, "limit": first + limit}
    shown = page_of(all_of_them, people, lambda id: call.world.reaction_id(note, id))
    return [call.show.reaction(note, call.world.people[id]) for id in shown[first:]]


def writing_of(type: str | None) -> str | None:
    """A reaction as it is kept: ours may be asked for as `:name:`."""
    if type and type.startswith(":") and "@" not in type:
        return type[:-1] + "@.:"
    return type or None


@endpoint(
    "notes/translate",
    obj({"noteId": ID, "targetLang": STRING}, ["noteId", "targetLang"]),
    ages=("v12",),
)
def translate(call: Call) -> Any:
    """What cannot be translated is answered with the NUMBER 204 as a body."""
    note = call.note("bea9b03f-36e0-49c5-a4db-627a029f8971")
    readable = call.world.is_visible(note, call.person)
    if not (readable and note.text and call.world.settings.translator):
        return 204
    return TABLE["notes/translate"].function(call)


# Writing ------------------------------------------------------------------

OLD_POLL = {
    **writing.CREATE["properties"]["poll"],
    "properties": {
        **writing.CREATE["properties"]["poll"]["properties"],
        "choices": {
            "type": "array",
            "uniqueItems": True,
            "minItems": 2,
            "maxItems": 10,
            "items": {"type": "string", "minLength": 1, "maxLength": 50},
        },
    },
}
V12 = obj(
    {
        name: rule
        for name, rule in writing.CREATE["properties"].items()
        if name != "reactionAcceptance"
    }
    | {"cw": {"type": "string", "nullable": True, "maxLength": 100}}
)
V12 |= {"if": writing.CREATE["if"], "then": writing.CREATE["then"]}
V11_FILES = {"type": "array", "uniqueItems": True, "minItems": 1, "maxItems": 4, "items": ID}
V11 = obj(
    {
        "visibility": writing.CREATE["properties"]["visibility"],
        "visibleUserIds": writing.CREATE["properties"]["visibleUserIds"],
        # Blank words are none, and too many of them something that happened.
        "text": {"type": "string", "nullable": True, "maxLength": 500, "pattern": r"\S"},
        "cw": {"type": "string", "nullable": True, "maxLength": 100},
        "viaMobile": flag(False),
        "localOnly": flag(False),
        "noExtractMentions": flag(False),
        "noExtractHashtags": flag(False),
        "noExtractEmojis": flag(False),
        "geo": {"type": "object", "nullable": True},
        "fileIds": V11_FILES,
        "mediaIds": V11_FILES,
        "replyId": ID,
        "renoteId": ID,
        "poll": {**OLD_POLL, "nullable": False},
    }
)


@endpoint("notes/create", V12, kind="write:notes", limit=Limit(300, HOUR), ages=("v12",))
def create_v12(call: Call) -> Any:
    """As today's, but a file there is not is passed over, and reactions have no rules."""
    return writing.write(
        call,
        writing.own_files(call),
        writing.renote_of(call),
        writing.reply_of(call),
        writing.channel_of(call),
    )


@endpoint("notes/create", V11, kind="write:notes", limit=Limit(300, HOUR), ages=("v11",))
def create_v11(call: Call) -> Any:
    """Asks least: the blocked may answer, a renote may be shared, a channel is not heard of."""
    files = writing.own_files(call)
    renote, reply = _target(call, "renoteId"), _target(call, "replyId")
    if renote and renote.user_id != call.me.id and renote.visibility in {"followers", "specified"}:
        raise ApiError(
            "INTERNAL_ERROR",
            "Internal error occurred. Please contact us if the error persists.",
            internal_error().id,
            kind="server",
            info={"e": {}},
        )
    if not (call.params.get("text") or files or renote or call.params.get("poll")):
        raise ApiError(
            "CONTENT_REQUIRED",
            "Content required. You need to set text, fileIds, renoteId or poll.",
            "6f57e42b-c348-439b-bc45-993995cc515a",
        )
    return writing.write(call, files, renote, reply, None)


def _target(call: Call, key: str) -> Note | None:
    if key not in call.params:
        return None
    note = call.world.notes.get(call.params[key])
    if note is not None:
        return note
    if key == "renoteId":
        raise ApiError(
            "NO_SUCH_RENOTE_TARGET",
            "No such renote target.",
            "b5c90186-4ab0-49c8-9bba-a1f76c282ba4",
        )
    raise ApiError(
        "NO_SUCH_REPLY_TARGET", "No such reply target.", "749ee0f6-d3da-459a-bf02-282e2da4292c"
    )


@endpoint(
    "notes/reactions/create",
    obj({"noteId": ID, "reaction": STRING}, ["noteId", "reaction"]),
    kind="write:reactions",
    ages=BOTH,
)
def react(call: Call) -> Any:
    """As today's, but one may react to a renote; in v11 the blocked may too."""
    note = call.note("033d0620-5bfe-4027-965d-980b0c85a3ea")
    if (note.user_id, call.me.id) in call.world.blocking and not call.world.age.v11:
        raise ApiError(
            "YOU_HAVE_BEEN_BLOCKED",
            "You cannot react this note because you have been blocked by this user.",
            "20ef5475-9f38-4e4c-bd33-de6d979498ec",
        )
    call.world.react(note, call.me, call.params["reaction"])


# Files --------------------------------------------------------------------


@endpoint(
    "drive/files/create",
    obj(
        {
            "folderId": {**NULLABLE_ID, "default": None},
            "name": {"type": "string", "nullable": True, "default": None},
            "isSensitive": flag(False),
            "force": flag(False),
            "comment": {**drive.COMMENT, "default": None},
        }
    ),
    kind="write:drive",
    limit=Limit(120, HOUR),
    file=True,
    ages=BOTH,
)
def create_file(call: Call) -> Any:
    """Keep a file, of whatever kind, empty ones too; v11 keeps no words with it."""
    params, world, upload = call.params, call.world, call.upload
    assert upload is not None
    name = (params["name"] if params["name"] is not None else upload.name).strip()
    if params["folderId"] is not None and params["folderId"] not in world.folders:
        raise internal_error()
    for known in world.files.values():
        same = known.user_id == call.me.id and known.content.md5 == upload.md5
        if same and not params["force"]:
            return call.show.file(known, own=True)
    now = world.clock.now()
    file = File(
        world.ids.at(now),
        now,
        call.me.id,
        "untitled" if name in {"", "blob"} else name,
        str(uuid.uuid4()),
        content_of(upload),
        None if world.age.v11 else params["comment"],
        params["isSensitive"],
        folder_id=params["folderId"],
    )
    world.files[file.id] = file
    return call.show.file(file, own=True)


@endpoint(
    "drive/files/update",
    TABLE["drive/files/update"].params,
    kind="write:drive",
    ages=("v11",),
)
def update_file(call: Call) -> Any:
    """As today's, but a bad name is a bad parameter, and words are dropped."""
    name = call.params.get("name")
    if name is not None and not drive.is_file_name(name):
        raise invalid_param("name", "something-happened")
    call.params.pop("comment", None)
    return TABLE["drive/files/update"].function(call)


_ = PAGING
