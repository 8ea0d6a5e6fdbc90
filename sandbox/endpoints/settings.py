"""One's own settings: `i/update`, which takes any of them and answers as `i` does."""

from __future__ import annotations

import re
from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import ID, NULLABLE_ID, STRING, Schema, obj
from ..records import File
from .table import HOUR, Call, endpoint, table_of

LANGUAGES = """
    ach ady af af-NA af-ZA ak ar ar-AR ar-MA ar-SA ay-BO az az-AZ be-BY bg bg-BG bn bn-IN
    bn-BD br bs-BA ca ca-ES cak ck-US cs cs-CZ cy cy-GB da da-DK de de-AT de-DE de-CH dsb el
    el-GR en en-GB en-AU en-CA en-IE en-IN en-PI en-SG en-UD en-US en-ZA en@pirate eo eo-EO
    es es-AR es-419 es-CL es-CO es-EC es-ES es-LA es-NI es-MX es-US es-VE et et-EE eu eu-ES
    fa fa-IR fb-LT ff fi fi-FI fo fo-FO fr fr-CA fr-FR fr-BE fr-CH fy-NL ga ga-IE gd gl
    gl-ES gn-PY gu-IN gv gx-GR he he-IL hi hi-IN hr hr-HR hsb ht hu hu-HU hy hy-AM id id-ID
    is is-IS it it-IT ja ja-JP jv-ID ka-GE kk-KZ km kl km-KH kab kn kn-IN ko ko-KR ku-TR kw
    la la-VA lb li-NL lt lt-LT lv lv-LV mai mg-MG mk mk-MK ml ml-IN mn-MN mr mr-IN ms ms-MY
    mt mt-MT my no nb nb-NO ne ne-NP nl nl-BE nl-NL nn-NO oc or-IN pa pa-IN pl pl-PL ps-AF
    pt pt-BR pt-PT qu-PE rm-CH ro ro-RO ru ru-RU sa-IN se-NO sh si-LK sk sk-SK sl sl-SI
    so-SO sq sq-AL sr sr-RS su sv sv-SE sw sw-KE ta ta-IN te te-IN tg tg-TJ th th-TH fil tlh
    tr tr-TR tt-RU uk uk-UA ur ur-PK uz uz-UZ vi vi-VN xh-ZA yi yi-DE zh zh-Hans zh-Hant
    zh-CN zh-HK zh-SG zh-TW zu-ZA
"""
"""The languages a person can say they speak."""

TYPES = """
    note follow mention reply renote quote reaction pollEnded scheduledNotePosted
    scheduledNotePostFailed receiveFollowRequest followRequestAccepted roleAssigned
    chatRoomInvitationReceived achievementEarned app test
"""
"""The kinds of notifications, of each of which one says from whom one wants it."""

BOOLEAN: Schema = {"type": "boolean"}
SEEN_BY: Schema = {"type": "string", "enum": ["public", "followers", "private"]}
WORDS: Schema = {
    "type": "array",
    "items": {"oneOf": [{"type": "array", "items": STRING}, STRING]},
}
FROM_WHOM: Schema = {
    "type": "object",
    "oneOf": [
        obj(
            {
                "type": {
                    "type": "string",
                    "enum": [
                        "all",
                        "following",
                        "follower",
                        "mutualFollow",
                        "followingOrFollower",
                        "never",
                    ],
                }
            },
            ["type"],
        ),
        obj(
            {"type": {"type": "string", "enum": ["list"]}, "userListId": ID},
            ["type", "userListId"],
        ),
    ],
}


def _text(longest: int) -> Schema:
    return {"type": "string", "nullable": True, "minLength": 1, "maxLength": longest}


DECORATION = obj(
    {
        "id": ID,
        "angle": {"type": "number", "nullable": True, "maximum": 0.5, "minimum": -0.5},
        "flipH": {"type": "boolean", "nullable": True},
        "offsetX": {"type": "number", "nullable": True, "maximum": 0.25, "minimum": -0.25},
        "offsetY": {"type": "number", "nullable": True, "maximum": 0.25, "minimum": -0.25},
    },
    ["id"],
)

PARAMS: dict[str, Schema] = {
    "name": _text(50),
    "description": _text(1500),
    "followedMessage": _text(256),
    "location": _text(50),
    "birthday": {
        "type": "string",
        "nullable": True,
        "pattern": "^([0-9]{4})-([0-9]{2})-([0-9]{2})$",
    },
    "lang": {"type": "string", "nullable": True, "enum": [None, *LANGUAGES.split()]},
    "avatarId": NULLABLE_ID,
    "avatarDecorations": {"type": "array", "maxItems": 16, "items": DECORATION},
    "bannerId": NULLABLE_ID,
    "fields": {
        "type": "array",
        "minItems": 0,
        "maxItems": 16,
        "items": obj({"name": STRING, "value": STRING}, ["name", "value"]),
    },
    "isLocked": BOOLEAN,
    "isExplorable": BOOLEAN,
    "hideOnlineStatus": BOOLEAN,
    "publicReactions": BOOLEAN,
    "carefulBot": BOOLEAN,
    "autoAcceptFollowed": BOOLEAN,
    "noCrawle": BOOLEAN,
    "preventAiLearning": BOOLEAN,
    "requireSigninToViewContents": BOOLEAN,
    "makeNotesFollowersOnlyBefore": {"type": "integer", "nullable": True},
    "makeNotesHiddenBefore": {"type": "integer", "nullable": True},
    "isBot": BOOLEAN,
    "isCat": BOOLEAN,
    "injectFeaturedNote": BOOLEAN,
    "receiveAnnouncementEmail": BOOLEAN,
    "alwaysMarkNsfw": BOOLEAN,
    "autoSensitive": BOOLEAN,
    "followingVisibility": SEEN_BY,
    "followersVisibility": SEEN_BY,
    "chatScope": {
        "type": "string",
        "enum": ["everyone", "followers", "following", "mutual", "none"],
    },
    "pinnedPageId": NULLABLE_ID,
    "mutedWords": WORDS,
    "hardMutedWords": WORDS,
    "mutedInstances": {"type": "array", "items": STRING},
    "notificationRecieveConfig": {
        "type": "object",
        "properties": dict.fromkeys(TYPES.split(), FROM_WHOM),
    },
    "emailNotificationTypes": {"type": "array", "items": STRING},
    "alsoKnownAs": {"type": "array", "maxItems": 10, "uniqueItems": True, "items": STRING},
}
_OF_V11 = (
    *("name", "description", "lang", "location", "birthday", "avatarId", "bannerId", "fields"),
    *("isLocked", "isExplorable", "carefulBot", "autoAcceptFollowed", "isBot", "isCat"),
    *("alwaysMarkNsfw", "pinnedPageId"),
)
_OF_V12 = (
    *(*_OF_V11, "hideOnlineStatus", "publicReactions", "noCrawle", "injectFeaturedNote"),
    *("receiveAnnouncementEmail", "mutedWords", "mutedInstances", "emailNotificationTypes"),
)
_ONLY_V12: dict[str, Schema] = {
    "ffVisibility": SEEN_BY,
    "mutingNotificationTypes": {"type": "array", "items": STRING},
}
HELD_BY_PERSON = {
    "name": "name",
    "description": "description",
    "location": "location",
    "birthday": "birthday",
    "isLocked": "is_locked",
    "isBot": "is_bot",
    "isCat": "is_cat",
    "publicReactions": "public_reactions",
    "followingVisibility": "following_visibility",
    "followersVisibility": "followers_visibility",
}
"""Those that a `Person` has a place for; the others are among what they have `chosen`."""


@endpoint("i/update", obj(PARAMS), kind="write:account", limit=Limit(20, HOUR))
def update(call: Call) -> Any:
    """Keep what was sent and leave the rest (i-update-name.json)."""
    me, given = call.me, _known(call)
    _refuse(call, given)
    if "avatarId" in given:
        me.avatar = _picture(call, given.pop("avatarId"), "AVATAR")
    if "bannerId" in given:
        me.banner = _picture(call, given.pop("bannerId"), "BANNER")
    if "fields" in given:
        pairs = [(line["name"], line["value"]) for line in given.pop("fields")]
        me.fields = [(name, value) for name, value in pairs if name.strip() and value.strip()]
    if "mutedInstances" in given:
        given["mutedInstances"] = [name.lower() for name in given["mutedInstances"]]
    for key, value in given.items():
        if key in HELD_BY_PERSON:
            setattr(me, HELD_BY_PERSON[key], value)
        else:
            me.chosen[key] = value
    me.updated = call.world.clock.now()
    return call.show.me_detailed(me)


endpoint(
    "i/update",
    obj({name: PARAMS[name] for name in _OF_V12} | _ONLY_V12),
    kind="write:account",
    ages=("v12",),
)(update)
endpoint(
    "i/update", obj({name: PARAMS[name] for name in _OF_V11}), kind="write:account", ages=("v11",)
)(update)


def _known(call: Call) -> dict[str, Any]:
    """What the server of that age knows of what was sent; it passes over the rest."""
    row = table_of(call.world.age)["i/update"]
    return {key: v for key, v in call.params.items() if key in row.params["properties"]}


def _refuse(call: Call, given: dict[str, Any]) -> None:
    for key in ("mutedWords", "hardMutedWords"):
        lines = given.get(key, [])
        if sum(len(w) for line in lines for w in line) > call.show.policies()["wordMuteLimit"]:
            raise ApiError(
                "TOO_MANY_MUTED_WORDS",
                "Too many muted words.",
                "010665b1-a211-42d2-bc64-8f6609d79785",
            )
        for line in lines:
            if isinstance(line, str):
                _must_be_pattern(line)
    if len(given.get("avatarDecorations", [])) > call.show.policies()["avatarDecorationLimit"]:
        raise ApiError(
            "RESTRICTED_BY_ROLE",
            "This feature is restricted by your role.",
            "8feff0ba-5ab5-585b-31f4-4df816663fad",
        )
    for handle in given.get("alsoKnownAs", []):
        username, _, host = handle.lstrip("@").partition("@")
        if call.world.find_person(username, host or None) is None:
            raise ApiError("NO_SUCH_USER", "No such user.", "fcd2eef9-a9b2-4c4f-8624-038099e90aa5")
    if "alsoKnownAs" in given:
        given["alsoKnownAs"] = [_id_of(call, handle) for handle in given["alsoKnownAs"]] or None


def _id_of(call: Call, handle: str) -> str:
    username, _, host = handle.lstrip("@").partition("@")
    return call.world.person(username, host or None).id


def _must_be_pattern(line: str) -> None:
    found = re.fullmatch(r"/(.+)/(.*)", line)
    try:
        re.compile(found[1] if found else "(")
    except re.error:
        raise ApiError(
            "INVALID_REGEXP", "Invalid Regular Expression.", "0d786918-10df-41cd-8f33-8dec7d9a89a5"
        ) from None


_NO_SUCH = {
    "AVATAR": ("No such avatar file.", "539f3a45-f215-4f81-a9a8-31293640207f"),
    "BANNER": ("No such banner file.", "0d8f5629-f210-41c2-9433-735831a58595"),
}
_NO_PICTURE = {
    "AVATAR": (
        "The file specified as an avatar is not an image.",
        "f419f9f8-2f4d-46b1-9fb4-49d3a2fd7191",
    ),
    "BANNER": (
        "The file specified as a banner is not an image.",
        "75aedb19-2afd-4e6d-87fc-67941256fa60",
    ),
}


def _picture(call: Call, file_id: str | None, which: str) -> File | None:
    if file_id is None:
        return None
    file = call.world.files.get(file_id)
    if file is None or file.user_id != call.me.id:
        raise ApiError(f"NO_SUCH_{which}", *_NO_SUCH[which])
    if not file.content.type.startswith("image/"):
        raise ApiError(f"{which}_NOT_AN_IMAGE", *_NO_PICTURE[which])
    return file


@endpoint("get-avatar-decorations")
def decorations(call: Call) -> Any:
    """What there is to put around one's picture (get-avatar-decorations.json: nothing)."""
    return [
        {
            "id": one.id,
            "name": one.name,
            "description": one.description,
            "url": one.url,
            "roleIdsThatCanBeUsedThisDecoration": one.roles,
        }
        for one in call.world.decorations.values()
    ]
