"""Answers a call to /api: reads it, lets it in or refuses it, in the server's order.

The order is that of the real server: JSON, then the credential, then the rate
limit, then whether a credential or permission is missing, then the parameters
(FACTS.md A and C.1). Every answer carries the recorded `Cache-Control`.
"""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .endpoints import TABLE, Call, Endpoint
from .errors import (
    ApiError,
    authentication_failed,
    credential_required,
    internal_error,
    permission_denied,
)
from .params import cast, validated
from .records import AccessToken, Person
from .wire import JSON_TYPE, Answer, Request
from .world import World

PRIVATE = "private, max-age=0, must-revalidate"
BODY_LIMIT = 1024 * 1024


@dataclass
class Read:
    """A call as it was read: `refused` is an answer that stands before all others."""

    body: Any = None
    refused: Answer | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The body where it is an object, else nothing."""
        return self.body if isinstance(self.body, dict) else {}


def read(request: Request) -> Read:
    """Read the body as Fastify does: JSON or nothing; the third of the error shapes."""
    if request.form_with_file is not None:
        return Read(dict(request.form_with_file.fields))
    if request.method == "GET":
        return Read(dict(request.query))
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if not kind and not request.body:
        return Read(None)
    if len(request.body) > BODY_LIMIT:
        return Read(refused=_fastify(413, "FST_ERR_CTP_BODY_TOO_LARGE", "Payload Too Large"))
    if kind == "multipart/form-data":
        return Read({})
    if kind != "application/json":
        return Read(
            refused=_fastify(
                415,
                "FST_ERR_CTP_INVALID_MEDIA_TYPE",
                "Unsupported Media Type",
                f"Unsupported Media Type: {kind}",
            )
        )
    if not request.body:
        text = "Body cannot be empty when content-type is set to 'application/json'"
        return Read(refused=_fastify(400, "FST_ERR_CTP_EMPTY_JSON_BODY", "Bad Request", text))
    try:
        return Read(json.loads(request.body))
    except ValueError:
        text = "Body is not valid JSON but content-type is set to 'application/json'"
        return Read(refused=_fastify(400, "FST_ERR_CTP_INVALID_JSON_BODY", "Bad Request", text))


def _fastify(status: int, code: str, error: str, message: str | None = None) -> Answer:
    body = {"statusCode": status, "code": code, "error": error, "message": message or error}
    return Answer.json(body, status, Cache_Control=PRIVATE)


def not_found(request: Request) -> Answer:
    """An endpoint this server has not (sign-in.json, its last answer)."""
    body = {
        "message": f"Route {request.method}:{request.path} not found",
        "error": "Not Found",
        "statusCode": 404,
    }
    return Answer.json(body, 404, Cache_Control=PRIVATE)


def takes_file(method: str, target: str) -> bool:
    """Whether such a request is for an endpoint that wants a form with a file."""
    row = TABLE.get(urlsplit(target).path.removeprefix("/api/").rstrip("/"))
    return method == "POST" and row is not None and row.file


def credential_of(request: Request, body: dict[str, Any]) -> object:
    """The credential: a Bearer header before `i` in the body; None if there is none."""
    given = request.headers.get("authorization", "")
    return given[7:] if given.startswith("Bearer ") else body.get("i")


def caller(world: World, request: Request, body: dict[str, Any]) -> Person | None:
    """Who calls, if the credential is good; raises nothing."""
    i = credential_of(request, body)
    token = world.apps.holder(i) if isinstance(i, str) else None
    return world.people[token.user_id] if token else None


def answer(
    world: World, name: str, request: Request, call: Read, *, strict_permissions: bool = False
) -> Answer:
    """The server's answer, the call carried out."""
    row = TABLE.get(name)
    if row is None:
        return not_found(request)
    if request.method != "POST" and not row.get:
        return Answer(405, {"Cache-Control": PRIVATE})
    if call.refused is not None:
        return call.refused
    if row.file and (request.form_with_file is None or request.form_with_file.upload is None):
        return Answer(400, {"Cache-Control": PRIVATE})
    i = credential_of(request, call.fields)
    if i is not None and not isinstance(i, str):
        return Answer(400, {"Cache-Control": PRIVATE})
    try:
        with world.lock:
            token = world.apps.holder(i) if i is not None else None
            if i is not None and token is None:
                raise authentication_failed()
            result = _carry_out(world, row, request, call.body, token, strict_permissions)
            if result is None:
                return Answer(204, {"Cache-Control": PRIVATE})
            # Written as text inside the lock: it may hold parts of the world.
            return Answer.json(result, Cache_Control=PRIVATE)
    except ApiError as error:
        return refusal(error)


def refusal(error: ApiError) -> Answer:
    """An error as an answer."""
    shown = Answer.json(error.body(), error.status, Cache_Control=PRIVATE)
    shown.headers |= error.headers()
    return shown


def _carry_out(
    world: World,
    row: Endpoint,
    request: Request,
    body: object,
    token: AccessToken | None,
    strict_permissions: bool,
) -> Any:
    person = world.people[token.user_id] if token else None
    if row.limit and (person is None or person.rate_limit_factor > 0):
        world.limiter.count(row.name, person.id if person else request.client, row.limit)
    if row.credential and token is None:
        raise credential_required()
    if row.kind and token and row.kind not in token.app.permission:
        raise permission_denied()
    if row.file or request.method == "GET":
        body = cast(row.params, body)
    params = validated(row.schema(world), body)
    app = token.app if token else None
    upload = request.form_with_file.upload if request.form_with_file else None
    try:
        return row.function(Call(world, row.name, params, person, app, strict_permissions, upload))
    except ApiError:
        raise
    except LookupError as error:
        # The real server fails inside for some unknown ids, and says so like this.
        raise internal_error() from error
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        raise internal_error() from error


__all__ = ["JSON_TYPE", "Read", "answer", "caller", "not_found", "read", "refusal"]
