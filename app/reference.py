"""A server's own description of its API, for those who want to call it: every endpoint with
its parameters and permission.

Newer and older servers alike give it as OpenAPI at `/api.json`. It is asked for once a day at
most, read into the few facts that a page shows, and kept small in the database. Where a
server has none, the names alone are known (`endpoints`), and one endpoint's parameters are
asked for when somebody looks at it (`endpoint`).
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.misskey import Client, CredentialRefused, MisskeyError
from app.misskey.entities.tools import EndpointParameters
from app.models import Server, ServerReference, now

HOLDS_FOR = timedelta(days=1)
MOST_ENDPOINTS = 2000
_MOST_PARAMETERS = 100
_LONGEST_WORDS = 300
_NAME = re.compile(r"/?([a-z0-9][a-z0-9/_-]{0,99})")
_PERMISSION = re.compile(r"\*\*Permission\*\*: \*([a-z:_-]+)\*")
_CREDENTIAL = "**Credential required**: *Yes*"
_SECURE = "**Internal Endpoint**"
# The last words of the names of endpoints that only read, where nothing else says so.
_READING = frozenset(
    {
        *("available", "children", "clips", "conversation", "emoji", "emojis", "endpoint"),
        *("endpoints", "i", "featured", "find", "followers", "following", "list", "meta", "notes"),
        *("ping", "posts", "reactions", "relation", "renotes", "replies", "search", "show"),
        *("state", "stats", "timeline", "translate", "trend", "users"),
    }
)


class Parameter(msgspec.Struct, array_like=True):
    """One parameter; `about` is what else its rule says, as Misskey writes it."""

    name: str
    type: str = ""
    is_required: bool = False
    about: str = ""


class Endpoint(msgspec.Struct, array_like=True):
    """One endpoint. `permission` is what an app must have been given, "" for none;
    `is_secure` ones no app may call; `reads` says that it changes nothing."""

    name: str
    parameters: list[Parameter] = []
    permission: str = ""
    needs_credential: bool = False
    is_secure: bool = False
    takes_file: bool = False
    reads: bool = False
    is_described: bool = False

    @property
    def group(self) -> str:
        """The first word of its name."""
        return self.name.partition("/")[0]


class _Operation(msgspec.Struct):
    description: str = ""
    requestBody: Any = None


class _Path(msgspec.Struct):
    post: _Operation | None = None


class _Description(msgspec.Struct):
    paths: dict[str, _Path]


_description = msgspec.json.Decoder(_Description)
_packed = msgspec.msgpack.Decoder(list[Endpoint])


def of(server: Server, client: Client) -> dict[str, Endpoint]:
    """Every endpoint of `server` by its name, in the order of their names. Asks for the
    description if what we have is older than a day."""
    row = db.session.get(ServerReference, server.host)
    if row is None or now() - row.asked_at > HOLDS_FOR:
        row = _keep(server, _ask(client))
    described = _packed.decode(zlib.decompress(row.data))
    known = {name: _undescribed(name) for name in server.endpoints if _NAME.fullmatch(name)}
    return dict(sorted((known | {one.name: one for one in described}).items()))


def with_parameters(endpoint: Endpoint, client: Client) -> Endpoint:
    """`endpoint` with its parameters, asked for where the description does not hold them."""
    if endpoint.is_described:
        return endpoint
    try:
        told = client.call("endpoint", into=EndpointParameters, endpoint=endpoint.name)
    except CredentialRefused:
        raise
    except MisskeyError:
        return endpoint
    named = [Parameter(one.name, one.type.lower()) for one in told.params[:_MOST_PARAMETERS]]
    return msgspec.structs.replace(endpoint, parameters=named)


def search(endpoints: Mapping[str, Endpoint], words: str) -> list[Endpoint]:
    """Those whose name, or a parameter's, holds every one of `words`; names go first."""
    wanted = words.lower().split()
    by_name = [one for one in endpoints.values() if all(word in one.name for word in wanted)]
    by_more = [
        one
        for one in endpoints.values()
        if one not in by_name and all(word in _words_of(one) for word in wanted)
    ]
    return by_name + by_more


def read(body: bytes) -> list[Endpoint]:
    """The endpoints of an OpenAPI description; none of what is no description."""
    try:
        paths = _description.decode(body).paths
    except (ValueError, RecursionError):
        return []
    found = (_endpoint(path, said) for path, said in list(paths.items())[:MOST_ENDPOINTS])
    return [endpoint for endpoint in found if endpoint is not None]


def _ask(client: Client) -> list[Endpoint]:
    try:
        answer = client.transport.get(client.address, "/api.json")
    except MisskeyError:
        return []
    return read(answer.body) if answer.status == 200 else []


def _keep(server: Server, endpoints: list[Endpoint]) -> ServerReference:
    """Also that there is none is kept, so that not every page asks for it."""
    row = db.session.get(ServerReference, server.host) or ServerReference(host=server.host)
    row.data, row.asked_at = zlib.compress(msgspec.msgpack.encode(endpoints), 6), now()
    db.session.add(row)
    try:
        db.session.commit()
    except IntegrityError:
        # Two who look at once: the other one wrote down the same.
        db.session.rollback()
        row = db.session.get_one(ServerReference, server.host)
    return row


def _undescribed(name: str) -> Endpoint:
    return Endpoint(name, needs_credential=True, reads=_sounds_like_reading(name))


def _sounds_like_reading(name: str) -> bool:
    return name.rpartition("/")[2] in _READING


def _endpoint(path: str, said: _Path) -> Endpoint | None:
    name = _NAME.fullmatch(path)
    if name is None or said.post is None:
        return None
    schema, takes_file = _schema(said.post.requestBody)
    permission = _PERMISSION.search(said.post.description)
    kind = permission[1] if permission else ""
    return Endpoint(
        name=name[1],
        parameters=list(_parameters(schema))[:_MOST_PARAMETERS],
        permission=kind,
        needs_credential=_CREDENTIAL in said.post.description,
        is_secure=_SECURE in said.post.description,
        takes_file=takes_file,
        reads=kind.startswith("read:") or (not kind and _sounds_like_reading(name[1])),
        is_described=True,
    )


def _schema(body: Any) -> tuple[Any, bool]:
    """The rule for what is sent, and whether that is a form with a file."""
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(content, dict):
        return None, False
    takes_file = "multipart/form-data" in content
    chosen = content.get("multipart/form-data" if takes_file else "application/json")
    return chosen.get("schema") if isinstance(chosen, dict) else None, takes_file


def _parameters(schema: Any) -> Iterator[Parameter]:
    required = _list(schema.get("required")) if isinstance(schema, dict) else []
    seen: set[str] = set()
    for name, rule in _properties(schema, 0):
        if name in seen or not isinstance(rule, dict):
            continue
        seen.add(name)
        yield Parameter(name[:100], _type(rule), name in required, _about(rule))


def _properties(schema: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """The named rules of a schema, also of those it is put together from."""
    if not isinstance(schema, dict) or depth > 4:
        return
    named = schema.get("properties")
    if isinstance(named, dict):
        yield from named.items()
    for way in ("allOf", "anyOf", "oneOf"):
        for part in _list(schema.get(way)):
            yield from _properties(part, depth + 1)


def _type(rule: Mapping[str, Any]) -> str:
    said = rule.get("type")
    types = [str(one) for one in said] if isinstance(said, list) else [str(said or "any")]
    inner = rule.get("items")
    if "array" in types and isinstance(inner, dict):
        types[types.index("array")] = f"array of {inner.get('type', 'any')}"
    return " or ".join(types)[:100]


def _about(rule: Mapping[str, Any]) -> str:
    """What the rule says beside the type, in its own words."""
    told = ("enum", "default", "minimum", "maximum", "minLength", "maxLength", "maxItems")
    words = [f"{key}: {json.dumps(rule[key], ensure_ascii=False)}" for key in told if key in rule]
    return "; ".join(words)[:_LONGEST_WORDS]


def _words_of(endpoint: Endpoint) -> str:
    names = " ".join(parameter.name for parameter in endpoint.parameters)
    return f"{endpoint.name} {endpoint.permission} {names}".lower()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
