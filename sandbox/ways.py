"""The ways to misbehave, one function each.

A way is given the pending call and its own options, and does with the wire as
it likes. Its docstring says what it does, and its options with their defaults;
the sandbox's page at /sandbox prints these sentences.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .errors import ApiError, authentication_failed, internal_error, rate_limited
from .misbehaviour import Pending, way
from .wire import HTML_TYPE, JSON_TYPE, TEXT_TYPE, Answer, Wire

MEGABYTE = 1024 * 1024
CDN_PAGE = """<!DOCTYPE html>
<html lang="en-US"><head><title>{host} | {status}: {reason}</title></head>
<body><div id="cf-wrapper"><h1>{reason} <span>Error code {status}</span></h1>
<p>The web server reported a {reason} error. Visit again in a few minutes.</p>
<p>Ray ID: <strong>7d2f00c0ffee0000</strong></p></div></body></html>
"""


# Late, or never -----------------------------------------------------------


@way
def slow(call: Pending, seconds: float = 2) -> None:
    """Carries the call out, waits `seconds` (2), then answers truly."""
    answer = call.carry_out()
    if call.wire.wait(seconds):
        call.wire.send(answer)
    else:
        call.wire.close()


@way
def down(call: Pending) -> None:
    """Closes the connection at once; nothing is carried out."""
    call.wire.close()


@way
def lost(call: Pending) -> None:
    """Carries the call out, then closes the connection without an answer."""
    call.carry_out()
    call.wire.close()


@way
def silent(call: Pending, seconds: float = 3600) -> None:
    """Never answers and keeps the connection open; nothing is carried out."""
    call.wire.wait(seconds)
    call.wire.close()


@way
def hang(call: Pending, part: float = 0.5, seconds: float = 3600) -> None:
    """Carries the call out, sends the headers and `part` (0.5) of the body, then nothing."""
    answer = call.carry_out()
    sent = answer.body[: int(len(answer.body) * part)]
    call.wire.write(answer.head(length=max(len(answer.body), len(sent) + 1)) + sent)
    call.wire.wait(seconds)
    call.wire.close()


@way
def drip(call: Pending, seconds: float = 0.1, size: int = 1) -> None:
    """Carries the call out and sends the body `size` (1) bytes at a time, `seconds` (0.1) apart."""
    answer = call.carry_out()
    call.wire.write(answer.head())
    _drip(call.wire, answer.body, seconds, size)


@way
def drip_headers(call: Pending, seconds: float = 0.1, size: int = 1) -> None:
    """As `drip`, but the headers drip too."""
    answer = call.carry_out()
    _drip(call.wire, answer.head() + answer.body, seconds, size)


def _drip(wire: Wire, data: bytes, seconds: float, size: int) -> None:
    for start in range(0, len(data), size):
        wire.write(data[start : start + size])
        if not wire.wait(seconds):
            wire.close()
            return


# Of /streaming only -------------------------------------------------------


@way
def drop(call: Pending, seconds: float = 1) -> None:
    """/streaming: begins as it should, and ends after `seconds` (1)."""
    call.carry_out(lasts=seconds)


@way
def deaf(call: Pending) -> None:
    """/streaming: begins, then says nothing and answers nothing, not even a ping."""
    call.carry_out(is_deaf=True)


@way
def flood(call: Pending, notes: int = 1000) -> None:
    """/streaming: says `notes` (1000) notes at once in each timeline that is listened to."""
    call.carry_out(flood=notes)


# Too much, or too little --------------------------------------------------


@way
def endless(call: Pending, pause: float = 0.001) -> None:
    """A chunked body of spaces that never ends, 4 kB every `pause` (0.001) seconds."""
    answer = Answer(200, {"Content-Type": JSON_TYPE})
    call.wire.write(answer.head(chunked=True) + b"1\r\n[\r\n")
    while call.wire.wait(pause):
        call.wire.write(b"1000\r\n" + b" " * 4096 + b"\r\n")
    call.wire.close()


@way
def huge(call: Pending, megabytes: int = 64) -> None:
    """Valid JSON of `megabytes` (64): a list of long strings."""
    item = b'"' + b"x" * (MEGABYTE - 3) + b'",'
    length = len(item) * megabytes + 3
    call.wire.write(Answer(200, {"Content-Type": JSON_TYPE}).head(length=length) + b"[")
    for _ in range(megabytes):
        call.wire.write(item)
    call.wire.write(b"0]")


@way
def gzip_bomb(call: Pending, megabytes: int = 256) -> None:
    """A small gzip body that unpacks to `megabytes` (256) of valid JSON."""
    headers = {"Content-Type": JSON_TYPE, "Content-Encoding": "gzip"}
    call.wire.send(Answer(200, headers, _bomb(megabytes)))


@lru_cache(maxsize=4)
def _bomb(megabytes: int) -> bytes:
    # Gzip members may follow one another, so one megabyte is packed once and repeated.
    parts = [gzip.compress(b'["'), gzip.compress(b"x" * MEGABYTE) * megabytes]
    return b"".join([*parts, gzip.compress(b'"]')])


@way
def truncated(call: Pending, missing: int = 10) -> None:
    """Carries the call out and promises `missing` (10) bytes more than it sends."""
    answer = call.carry_out()
    call.wire.write(answer.head(length=len(answer.body) + missing) + answer.body)
    call.wire.close()


@way
def empty(call: Pending) -> None:
    """200 with an empty body."""
    call.wire.send(Answer(200, {"Content-Type": JSON_TYPE}))


@way
def no_content(call: Pending) -> None:
    """204, whatever was asked."""
    call.wire.send(Answer(204))


# Something else than JSON -------------------------------------------------


@way
def html(call: Pending, status: int = 200) -> None:
    """A page instead of JSON: with `status` (200), from 400 on such as a CDN shows."""
    reason = "Bad gateway" if status >= 500 else "Just a moment"
    page = CDN_PAGE.format(host=call.host, status=status, reason=reason)
    call.wire.send(Answer(status, {"Content-Type": HTML_TYPE, "Server": "cdn"}, page.encode()))


@way
def garbage(call: Pending) -> None:
    """Bytes that are no JSON, called application/json."""
    body = b'{"id": \xff\xfe oops, [1, 2'
    call.wire.send(Answer(200, {"Content-Type": JSON_TYPE}, body))


@way
def redirect(call: Pending, location: str, status: int = 302) -> None:
    """Sends on to `location` with `status` (302; 301, 303, 307, 308 too)."""
    call.wire.send(Answer.redirect(location, status))


@way
def answer(
    call: Pending,
    status: int = 200,
    body: Any = "",
    content_type: str = JSON_TYPE,
    headers: dict[str, str] | None = None,
) -> None:
    """Exactly this: `status`, `body` (text as it is, anything else as JSON), `content_type`."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    given = {"Content-Type": content_type, **(headers or {})}
    call.wire.send(Answer(status, given, text.encode()))


# JSON of another shape ----------------------------------------------------


@way
def shape(call: Pending, shape: str = "odd") -> None:
    """Valid JSON of the wrong shape. "number", "string", "boolean", "null", "list", "object":
    that alone. "missing": the true answer without every second key; "nulls": every value null;
    "odd": every value of another type."""
    plain: dict[str, Any] = {
        "number": 42,
        "string": "surprise",
        "boolean": True,
        "null": None,
        "list": [1, "two", None, [], {}],
        "object": {"unexpected": {"nested": True}},
    }
    if shape in plain:
        call.wire.send(Answer.json(plain[shape]))
        return
    twist = {"missing": _without_keys, "nulls": _nulls, "odd": _odd}[shape]
    _change(call, twist)


@way
def patch(call: Pending, values: dict[str, Any]) -> None:
    """The true answer with `values` put over its keys (in a list: over each item's)."""

    def put(value: Any) -> Any:
        if isinstance(value, list):
            return [put(item) for item in value]
        return {**value, **values} if isinstance(value, dict) else value

    _change(call, put)


@way
def wrong_uri(call: Pending, uri: str = "https://elsewhere.example") -> None:
    """meta says it is another server: `uri`."""
    patch(call, {"uri": uri})


@way
def wrong_origin(call: Pending, origin: str = "https://elsewhere.example") -> None:
    """auth/session/generate sends people to another `origin`."""

    def move(value: Any) -> Any:
        if isinstance(value, dict) and "url" in value:
            return {**value, "url": f"{origin}/auth/{value.get('token')}"}
        return value

    _change(call, move)


def _change(call: Pending, twist: Callable[[Any], Any]) -> None:
    answer = call.carry_out()
    if answer.status == 200 and answer.body:
        answer.body = json.dumps(twist(json.loads(answer.body)), ensure_ascii=False).encode()
    call.wire.send(answer)


def _without_keys(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_keys(item) for item in value]
    if isinstance(value, dict):
        kept = (pair for number, pair in enumerate(value.items()) if number % 2)
        return {key: _without_keys(inner) for key, inner in kept}
    return value


def _nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_nulls(item) for item in value]
    return dict.fromkeys(value) if isinstance(value, dict) else None


def _odd(value: Any) -> Any:
    """Numbers become text, texts lists, lists objects, null zero; objects keep their keys."""
    if isinstance(value, dict):
        return {key: _odd(inner) for key, inner in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_odd(item) for item in value]
    if isinstance(value, bool):
        return "yes"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return [value]
    return {} if isinstance(value, list) else 0


# Refusals -----------------------------------------------------------------


@way
def error(
    call: Pending,
    code: str = "SOMETHING_ELSE",
    message: str = "Something else.",
    id: str = "00000000-0000-4000-8000-000000000000",
    kind: str = "client",
    status: int | None = None,
    info: dict[str, Any] | None = None,
) -> None:
    """An error of the API's shape with any `code`, `message`, `id`, `kind`, `status`, `info`."""
    _refuse(call, ApiError(code, message, id, kind=kind, status=status, info=info))


@way
def rate_limited_(call: Pending, retry_after: int = 60) -> None:
    """429 RATE_LIMIT_EXCEEDED with Retry-After `retry_after` (60) and info, as 2025.11."""
    now = 1795397186
    info = {"remaining": 0, "reset": now, "resetMs": now * 1000, "total": 20}
    _refuse(call, rate_limited(info, retry_after))


@way
def rate_limited_old(call: Pending) -> None:
    """429 without Retry-After and without info, as v11 and v12."""
    _refuse(call, rate_limited(None, None))


@way
def authentication_failed_(call: Pending) -> None:
    """401 AUTHENTICATION_FAILED, as after the person revoked the app."""
    _refuse(call, authentication_failed())


@way
def authentication_failed_old(call: Pending) -> None:
    """403 AUTHENTICATION_FAILED without WWW-Authenticate, as v11 and v12."""
    call.wire.send(Answer.json(authentication_failed().body(), 403))


@way
def internal_error_(call: Pending) -> None:
    """500 INTERNAL_ERROR."""
    _refuse(call, internal_error())


def _refuse(call: Pending, error: ApiError) -> None:
    call.wire.send(Answer.json(error.body(), error.status, **_underscored(error.headers())))


def _underscored(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}


# Other kinds of server ----------------------------------------------------


@way
def missing(call: Pending) -> None:
    """404, as if this server had no such endpoint."""
    call.wire.send(call.not_found())


@way
def strict_permissions(call: Pending) -> None:
    """app/create refuses permissions that v11 does not know, with INVALID_PARAM (FoundKey)."""
    call.wire.send(call.carry_out(strict_permissions=True))


@way
def old_errors(call: Pending) -> None:
    """Errors as v11 and v12 give them: 403 for a bad credential, 400 for a missing permission,
    429 without header and info, unknown endpoints and broken JSON as plain text."""
    answer = call.carry_out()
    if answer.status >= 400:
        answer = _aged(answer)
    call.wire.send(answer)


def _aged(answer: Answer) -> Answer:
    body = json.loads(answer.body or b"{}")
    code = body.get("error", {}).get("code") if isinstance(body.get("error"), dict) else None
    if code is None:
        status = 404 if answer.status == 404 else 400
        text = b"Not Found" if status == 404 else b"Bad Request"
        return Answer(status, {"Content-Type": TEXT_TYPE}, text)
    answer.headers.pop("WWW-Authenticate", None)
    answer.headers.pop("Retry-After", None)
    if code == "RATE_LIMIT_EXCEEDED":
        body["error"].pop("info", None)
    status = {"AUTHENTICATION_FAILED": 403, "PERMISSION_DENIED": 400}.get(code, answer.status)
    return Answer.json(body, status)
