"""The table of endpoints: one row, one function each.

A row says what FACTS.md D.3 says of the endpoint: whether a credential is
needed, which permission, which limit. The functions are in the other modules of
this folder; each gives the JSON of the answer, or None for 204.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import Schema, obj
from ..records import App, Channel, Clip, Note, Person
from ..shapes import Shapes
from ..uploads import Upload
from ..world import World

HOUR = 3600


@dataclass
class Call:
    """One call that was let in: its checked parameters, and who calls through which app."""

    world: World
    endpoint: str
    params: dict[str, Any]
    person: Person | None
    app: App | None
    strict_permissions: bool = False
    upload: Upload | None = None

    @property
    def me(self) -> Person:
        """The caller, on endpoints which need one."""
        assert self.person is not None
        return self.person

    @cached_property
    def show(self) -> Shapes:
        """The world as this caller sees it."""
        return Shapes(self.world, self.person)

    def note(self, error_id: str) -> Note:
        """The note of `noteId`; raises NO_SUCH_NOTE with this endpoint's own id."""
        note = self.world.notes.get(self.params["noteId"])
        if note is None:
            raise ApiError("NO_SUCH_NOTE", "No such note.", error_id)
        return note

    def channel(self, error_id: str) -> Channel:
        """The channel of `channelId`; raises NO_SUCH_CHANNEL with this endpoint's own id."""
        channel = self.world.channels.get(self.params["channelId"])
        if channel is None:
            raise ApiError("NO_SUCH_CHANNEL", "No such channel.", error_id)
        return channel

    def own_clip(self, error_id: str) -> Clip:
        """The caller's clip of `clipId`; somebody else's is NO_SUCH_CLIP as well."""
        clip = self.world.clips.get(self.params["clipId"])
        if clip is None or clip.user_id != self.me.id:
            raise ApiError("NO_SUCH_CLIP", "No such clip.", error_id)
        return clip


Function = Callable[[Call], Any]


@dataclass(frozen=True)
class Endpoint:
    """A row of the table.

    `kind` is the permission; with one, a credential is required, but for the
    few that work `signed_out` too. One that takes a `file` is called with a form.
    """

    name: str
    function: Function
    params: Schema
    credential: bool
    kind: str | None
    limit: Limit | None
    get: bool
    file: bool

    def schema(self, world: World) -> Schema:
        """The parameters' rules in that world: the server's settings are part of them."""
        if self.name == "notes/create":
            return _with_longest_text(self.params, world.settings.max_note_text_length)
        return self.params


TABLE: dict[str, Endpoint] = {}


def endpoint(
    name: str,
    params: Schema | None = None,
    *,
    kind: str | None = None,
    limit: Limit | None = None,
    get: bool = False,
    signed_out: bool = False,
    file: bool = False,
) -> Callable[[Function], Function]:
    """Enter the function below into the table."""

    def enter(function: Function) -> Function:
        credential = kind is not None and not signed_out
        TABLE[name] = Endpoint(
            name, function, params or obj({}), credential, kind, limit, get, file
        )
        return function

    return enter


def _with_longest_text(schema: Schema, length: int) -> Schema:
    def put(rule: Schema) -> Schema:
        text = {**rule["properties"]["text"], "maxLength": length}
        return {**rule, "properties": {**rule["properties"], "text": text}}

    return {**put(schema), "then": put(schema["then"])}
