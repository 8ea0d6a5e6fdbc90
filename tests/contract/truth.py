"""Where the truth is kept, and how an answer is compared with it.

The recordings and the server's own OpenAPI description lie beside the
repository, in `../shared/misskey`. They are data to test against and are not
part of the repository.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[3] / "shared" / "misskey"
FOLDERS = {
    "2025.11": SHARED / "recordings",
    "v12": SHARED / "recordings-v12",
    "v11": SHARED / "recordings-v11",
}
RECORDINGS = FOLDERS["2025.11"]
OPENAPI = SHARED / "openapi-2025.11.json"
SAME_HEADERS = ("content-type", "cache-control", "www-authenticate", "retry-after")

FREE = {
    "reactions",
    "reactionEmojis",
    "emojis",
    "clientOptions",
    "notificationRecieveConfig",
    "properties",
    "content",
}
"""Keys whose value is a map of anything to something: its keys are content, not shape. So
are the blocks of a page (`content`)."""

OPTIONAL = {
    "note": {
        "tags": "only when the text has hashtags",
        "mentions": "only when somebody is named or answered",
        "visibleUserIds": "only on specified notes",
        "channelId": "only in a channel",
        "channel": "only in a channel",
        "reply": "only on replies",
        "renote": "only on renotes and quotes",
        "hasPoll": "only with a poll",
        "poll": "only with a poll",
        "myReaction": "only after one's own reaction",
        "emojis": "only on notes of other servers",
        "uri": "only on notes of other servers",
        "url": "only on notes of other servers",
        "isHidden": "only on notes one may not read",
        "clippedCount": "not on the note inside `reply`",
    },
    "user": {
        "instance": "only people of other servers",
        "badgeRoles": "only people of this server",
        "followedMessage": "only for those who follow",
    },
    "emoji": {
        "localOnly": "only where it is set",
        "isSensitive": "only where it is set",
        "roleIdsThatCanBeUsedThisEmojiAsReaction": "only where it is set",
    },
}
"""Keys that may be there or not, and on what it depends: `{kind: {key: reason}}`."""

FITS_BOTH = {"users/search"}
"""Where the description says "one of" a short form and a long one that holds the short one:
the real server's own answer fits both."""

NEVER_ONCE = {
    "note": {"emojis", "hasPoll", "clippedCount"},
    "user": {"badgeRoles", "followedMessage"},
}
"""Of those, what v11 and v12 have always (`emojis`) or never."""
OPTIONAL_ONCE = {
    "note": {
        "app": "only on notes an app made",
        "localOnly": "only where it is so",
    },
    "user": {
        "isAdmin": "in the short form only where it is so",
        "isBot": "in the short form only where it is so",
        "isCat": "in the short form only where it is so",
    },
}
"""The same for v11 and v12, whose notes and people leave out what says nothing."""


@dataclass(frozen=True)
class Recording:
    """One answer of the real server. `name` is the file's, with a number if it holds several."""

    name: str
    endpoint: str
    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    response: Any
    signed_in: bool
    age: str = "2025.11"
    note: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether only the status was kept: "(works; cut)"."""
        said = self.response
        return (isinstance(said, str) and said.startswith("(")) or "cut" in self.note


@dataclass
class Reply:
    """What the server under test answered."""

    status: int
    headers: dict[str, str] = field(repr=False)
    body: Any = None

    @property
    def code(self) -> str | None:
        """The API's error code, if it is one of the API's errors."""
        inside = self.body.get("error") if isinstance(self.body, dict) else None
        return inside.get("code") if isinstance(inside, dict) else None


def recordings(age: str = "2025.11") -> Iterator[Recording]:
    """All of them that record a call of the API; none where the folder is absent."""
    for file in sorted(FOLDERS[age].glob("*.json")):
        content = json.loads(file.read_text())
        entries = content if isinstance(content, list) else [content]
        for number, entry in enumerate(entries):
            if "endpoint" not in entry:
                continue
            yield Recording(
                file.stem if len(entries) == 1 else f"{file.stem}-{number:02}",
                entry["endpoint"],
                entry.get("request") or {},
                entry["status"],
                {name.lower(): text for name, text in entry.get("headers", {}).items()},
                entry.get("response"),
                entry.get("signedIn", True),
                age,
                entry.get("note") or "",
            )


@functools.cache
def openapi() -> dict[str, Any]:
    """The server's own description of its API."""
    described: dict[str, Any] = json.loads(OPENAPI.read_text())
    return described


def response_schema(endpoint: str) -> dict[str, Any] | None:
    """The schema of the endpoint's 200, self-contained; None where it answers 204."""
    answer = openapi()["paths"][f"/{endpoint}"]["post"]["responses"].get("200", {})
    if "content" not in answer:
        return None
    schema = answer["content"]["application/json"]["schema"]
    if endpoint in FITS_BOTH:
        forms = ("UserLite", "UserDetailed")
        either = [{"$ref": f"#/components/schemas/{form}"} for form in forms]
        schema = {**schema, "items": {"anyOf": either}}
    return {**schema, "components": _corrected(openapi()["components"])}


def _corrected(components: dict[str, Any]) -> dict[str, Any]:
    """The shapes without what the description has wrong: muted words may also be regular
    expressions, which are no lists (i-update-name.json); one's own account among others is
    described as one of two forms, and fits both (users-get-frequently-replied.json)."""
    schemas = components["schemas"]
    mine = schemas["MeDetailedOnly"]
    words = {"type": "array", "items": {"type": ["array", "string"]}}
    held = {**mine["properties"], "mutedWords": words, "hardMutedWords": words}
    person = {"anyOf": schemas["UserDetailed"]["oneOf"]}
    right = {"MeDetailedOnly": {**mine, "properties": held}, "UserDetailed": person}
    return {**components, "schemas": {**schemas, **right}}


def request_schema(endpoint: str) -> dict[str, Any]:
    """The schema of the endpoint's parameters."""
    body = openapi()["paths"][f"/{endpoint}"]["post"].get("requestBody")
    if body is None:
        return {"type": "object", "properties": {}}
    schema: dict[str, Any] = next(iter(body["content"].values()))["schema"]
    return schema


def kind_of(value: dict[str, Any]) -> str:
    """What an object is, by its looks."""
    if "visibility" in value and "userId" in value:
        return "note"
    if "username" in value:
        return "user"
    return "emoji" if "aliases" in value and "url" in value else ""


def differences(recorded: Any, actual: Any, place: str = "$", *, old: bool = False) -> list[str]:
    """Where the shape of `actual` differs from that of `recorded`.

    Values do not matter, and null stands for anything (the schema says where it
    may). Of a list each item has to resemble one of the recorded items. An
    `old` server leaves out more.
    """
    if recorded is None or actual is None:
        return []
    if _type(recorded) != _type(actual):
        return [f"{place}: {_type(actual)} instead of {_type(recorded)}"]
    if isinstance(recorded, list):
        found = []
        for number, item in enumerate(actual):
            here = f"{place}[{number}]"
            each = [differences(other, item, here, old=old) for other in recorded]
            found += sorted(each, key=len)[0] if each else []
        return found
    if isinstance(recorded, dict):
        return _differing_keys(recorded, actual, place, old)
    return []


def _differing_keys(
    recorded: dict[str, Any], actual: dict[str, Any], place: str, old: bool
) -> list[str]:
    kind = kind_of(recorded)
    optional = OPTIONAL.get(kind, {}).keys()
    if old:
        optional = optional - NEVER_ONCE.get(kind, set()) | OPTIONAL_ONCE.get(kind, {}).keys()
    missing = recorded.keys() - actual.keys() - optional
    extra = actual.keys() - recorded.keys() - optional
    found = [f"{place}.{key}: missing" for key in sorted(missing)]
    found += [f"{place}.{key}: not in the recording" for key in sorted(extra)]
    for key in sorted(recorded.keys() & actual.keys()):
        was, now = recorded[key], actual[key]
        if key in FREE and isinstance(was, dict | list):
            was, now = type(was)(), type(now)() if isinstance(now, type(was)) else now
        found += differences(was, now, f"{place}.{key}", old=old)
    return found


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"


def held_to(recording: Recording, reply: Reply) -> None:
    """Asserts that the reply is what was recorded, but for values of content."""
    assert reply.status == recording.status, reply
    for name in SAME_HEADERS:
        # sign-in.json keeps two headers only, so what it lacks says nothing.
        if name in recording.headers:
            assert reply.headers.get(name) == recording.headers[name]
    # Of what was sent with a file no headers were kept.
    if recording.headers and "www-authenticate" not in recording.headers:
        assert "www-authenticate" not in reply.headers
    if recording.is_cut:
        return
    if recording.response is None:
        assert reply.body is None
    if recording.status >= 400:
        _held_to_error(recording.response, reply.body)
    else:
        old = recording.age != "2025.11"
        assert differences(recording.response, reply.body, old=old) == []


def _held_to_error(recorded: Any, actual: Any) -> None:
    """Errors are the same word for word, but for times."""
    if isinstance(recorded, str):
        assert actual == recorded
        return
    assert type(actual) is dict
    inside, said = recorded.get("error"), actual.get("error")
    if not (isinstance(inside, dict) and isinstance(said, dict)):
        assert actual == recorded
        return
    info, told = inside.get("info"), said.get("info")
    assert {**said, "info": 0} == {**inside, "info": 0}
    assert (info is None) == (told is None)
    if info and told:
        assert told.keys() == info.keys()
        for name in info.keys() - {"reset", "resetMs"}:
            assert told[name] == info[name]
