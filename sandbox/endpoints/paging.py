"""Pages of things that have ids: the same rule everywhere (FACTS.md C.1).

`untilId` or nothing: newest first. `sinceId` alone: OLDEST first. Both: newest
first. Dates do the same for who has no id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from ..ids import edge

Thing = TypeVar("Thing")


class Window(NamedTuple):
    """What lies strictly between two ids, and in which order it is asked for."""

    since: str | None
    until: str | None
    ascending: bool

    def holds(self, id: str) -> bool:
        """Whether the id lies between."""
        return (self.since is None or id > self.since) and (self.until is None or id < self.until)


def window(params: dict[str, Any]) -> Window:
    """What a call's parameters ask for."""
    since, until = params.get("sinceId"), params.get("untilId")
    if since is None and until is None:
        since, until = _edge(params.get("sinceDate")), _edge(params.get("untilDate"))
    return Window(since, until, since is not None and until is None)


def page(
    params: dict[str, Any], things: Iterable[Thing], id_of: Callable[[Thing], str]
) -> list[Thing]:
    """The asked-for page of those things, in whatever order they come."""
    asked = window(params)
    between = (thing for thing in things if asked.holds(id_of(thing)))
    return sorted(between, key=id_of, reverse=not asked.ascending)[: int(params["limit"])]


def _edge(milliseconds: float | None) -> str | None:
    return None if milliseconds is None else edge(milliseconds / 1000)
