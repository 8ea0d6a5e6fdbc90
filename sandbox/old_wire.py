"""The wire of servers before 13: what they read, and how they refuse.

Held to `transport.json` and `sign-in.json` of v11 and v12: everything but POST
is not found, a Bearer header is not read, and what is no answer of the API is
plain text.
"""

from __future__ import annotations

import json

from .errors import ApiError
from .wire import HTML_TYPE, TEXT_TYPE, Answer, Request

PRIVATE = "private, max-age=0, must-revalidate"
MOST_BODY = 1024 * 1024
STATUS = {
    "CREDENTIAL_REQUIRED": 401,
    "AUTHENTICATION_FAILED": 403,
    "RATE_LIMIT_EXCEEDED": 429,
    "INTERNAL_ERROR": 500,
}
SHELL = b"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><meta name="application-name" content="Misskey">
<title>Misskey</title></head><body><noscript>JavaScript is needed here.</noscript></body></html>
"""


def text(status: int, words: str, **headers: str) -> Answer:
    """Plain words; `headers` with underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"Content-Type": TEXT_TYPE, **named}, words.encode())


def not_found() -> Answer:
    """An endpoint there is not, or anything but a POST."""
    return text(404, "Not Found", Cache_Control=PRIVATE)


def read_json(request: Request) -> tuple[object, Answer | None]:
    """The body, or the answer to what is none. `text/plain` is read as JSON too."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if len(request.body) > MOST_BODY:
        return None, text(413, "request entity too large")
    if not request.body:
        return {}, None
    if kind not in {"application/json", "text/plain"}:
        return None, text(400, "Bad Request")
    try:
        body = json.loads(request.body)
    except ValueError:
        return None, text(400, "Bad Request")
    return (body if isinstance(body, dict) else {}), None


def refusal(error: ApiError) -> Answer:
    """An error as an answer: no header says why, and every refusal is a 400 but for four."""
    body = error.body()
    if error.code == "RATE_LIMIT_EXCEEDED":
        body["error"].pop("info", None)
    if error.kind == "permission":
        body["error"]["kind"] = "client"
    return Answer.json(body, STATUS.get(error.code, 400), Cache_Control=PRIVATE)


def file_required() -> ApiError:
    """A form without its file."""
    return ApiError("FILE_REQUIRED", "File required.", "4267801e-70d1-416a-b011-4ee502885d8b")


def shell() -> Answer:
    """The page of the official client: what every path gives that nothing else is at.

    So a 200 proves nothing, and an emoji has no address made of its name.
    """
    headers = {"Content-Type": HTML_TYPE, "Cache-Control": "public, max-age=60"}
    return Answer(200, headers, SHELL)


def no_such_file() -> Answer:
    """A picture that says so, with a 404."""
    return Answer(404, {"Content-Type": "image/png", "Cache-Control": "max-age=86400"})
