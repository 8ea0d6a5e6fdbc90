"""The table of endpoints: one row, one function each.

A row says what FACTS.md D.3 says of the endpoint: whether a credential is
needed, which permission, which limit. The functions are in the other modules of
this folder; each gives the JSON of the answer, or None for 204.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from ..ages import AGES, NOW, Age
from ..errors import ApiError
from ..limits import Limit
from ..old_shapes import OldShapes
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
        return shapes(self.world, self.person)

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

    def as_once(self) -> Endpoint:
        """The row as an old server has it."""
        return replace(
            self,
            get=False,
            kind=None if self.name in NO_KIND_ONCE else self.kind,
            limit=None if self.name in NO_LIMIT_ONCE else self.limit,
        )

    def schema(self, world: World) -> Schema:
        """The parameters' rules in that world: the server's settings are part of them."""
        if self.name == "notes/create":
            return _with_longest_text(self.params, world.settings.max_note_text_length)
        return self.params


ROWS: dict[str, dict[str, Endpoint]] = {name: {} for name in AGES}
TABLE = ROWS[NOW.name]
"""Today's rows, by their names; `table_of(age)` gives those of an old server."""
NO_KIND_ONCE = {"i", "notes/timeline", "notes/mentions", "notes/state", "users/report-abuse"}
NO_LIMIT_ONCE = {
    "channels/create",
    "clips/add-note",
    "notes/favorites/create",
    "notes/thread-muting/create",
}


def shapes(world: World, me: Person | None) -> Shapes:
    """The world as it is shown to `me` by a server of its age."""
    return (OldShapes if world.age.old else Shapes)(world, me)


@cache
def table_of(age: Age) -> dict[str, Endpoint]:
    """The rows of that age: its own, and today's without what came later."""
    if not age.old:
        return TABLE
    kept = {name: row.as_once() for name, row in TABLE.items() if name not in age.missing}
    own = {name: row.as_once() for name, row in ROWS[age.name].items()}
    return {**kept, **own}


def endpoint(
    name: str,
    params: Schema | None = None,
    *,
    kind: str | None = None,
    limit: Limit | None = None,
    get: bool = False,
    signed_out: bool = False,
    file: bool = False,
    ages: tuple[str, ...] = (NOW.name,),
) -> Callable[[Function], Function]:
    """Enter the function below into the table: today's, unless `ages` names others."""

    def enter(function: Function) -> Function:
        credential = kind is not None and not signed_out
        row = Endpoint(name, function, params or obj({}), credential, kind, limit, get, file)
        for age in ages:
            ROWS[age][name] = row
        return function

    return enter


def _with_longest_text(schema: Schema, length: int) -> Schema:
    def put(rule: Schema) -> Schema:
        text = {**rule["properties"]["text"], "maxLength": length}
        return {**rule, "properties": {**rule["properties"], "text": text}}

    if "then" not in schema:
        return put(schema)
    return {**put(schema), "then": put(schema["then"])}
