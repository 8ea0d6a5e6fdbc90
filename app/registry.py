"""The registry: values that a server keeps for an app and an account, each under a key in a
scope. For people who write apps; Engawa itself keeps nothing there.

An app sees only its own values, not those of other apps or of the official client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
from flask_babel import gettext

from app.misskey import Client
from app.problems import Problem

LONGEST_SCOPE = 200
LONGEST_KEY = 1024
LONGEST_VALUE = 64 * 1024
_SCOPE = re.compile(r"(?:[A-Za-z0-9_]+(?:/[A-Za-z0-9_]+)*)?")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form; `scope` is written as a path: `client/base`."""

    scope: str = ""
    key: str = ""
    value: str = ""


def is_scope(path: str) -> bool:
    """Whether servers take it as a scope: names with a slash between them, or nothing."""
    return len(path) <= LONGEST_SCOPE and _SCOPE.fullmatch(path) is not None


def names_of(path: str) -> list[str]:
    """The names of a scope, as servers want them."""
    return path.split("/") if path else []


def keys(client: Client, scope: str, *, with_types: bool) -> dict[str, str]:
    """The keys of a scope by their names, each with the type of its value where the server
    tells it. Raises MisskeyErrors."""
    names = names_of(scope)
    if with_types:
        found = client.call("i/registry/keys-with-type", into=dict[str, str], scope=names)
        return dict(sorted(found.items()))
    untold = client.call("i/registry/keys", into=list[str], scope=names)
    return dict.fromkeys(sorted(untold), "")


def readable(value: msgspec.Raw) -> str:
    """JSON with a line for each part of it; every number and letter stays as it was."""
    try:
        written = msgspec.json.format(bytes(value), indent=2)
    except (msgspec.MsgspecError, RecursionError):
        written = bytes(value)
    return written.decode("utf-8", "replace")


def problem_with(typed: Typed) -> Problem | None:
    """Why this can't be kept, in words; None if it can."""
    if not is_scope(typed.scope):
        return bad_scope()
    if not typed.key:
        return Problem(gettext("Give it a key."), field="key")
    for field, text, longest in (
        ("key", typed.key, LONGEST_KEY),
        ("value", typed.value, LONGEST_VALUE),
    ):
        if len(text) > longest:
            words = gettext("This is too long: up to %(longest)s characters.", longest=longest)
            return Problem(words, field=field)
    try:
        msgspec.json.decode(typed.value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        advice = gettext('Words stand in quotation marks: "tea".')
        return Problem(gettext("This is no JSON."), advice, "value")
    return None


def bad_scope() -> Problem:
    """What was typed is no scope."""
    words = gettext("A scope is made of names with a slash between them: client/base.")
    advice = gettext("A name has letters from A to Z, digits and underscores.")
    return Problem(words, advice, "scope")
