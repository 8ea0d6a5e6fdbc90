"""Ways to misbehave, as servers do: slow, dead, confused, hostile.

`Misbehaviours.set("notes/timeline", "slow", seconds=2, account="alice", times=1)`
makes one call of alice's slow. The rule that was set last and fits is taken; a
rule whose `times` are used up is gone. The ways themselves are in `ways.py`.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .wire import Answer, Wire


@dataclass
class Rule:
    """One misbehaviour: where, how, for whom, how often still (None: always)."""

    endpoint: str
    how: str
    account: str | None = None
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def fits(self, endpoint: str, account: str | None) -> bool:
        """Whether it is meant for this call. "*" is every endpoint of the API."""
        here = self.endpoint == endpoint or (self.endpoint == "*" and endpoint[:1] != "/")
        return here and self.account in {None, account} and self.times != 0


@dataclass
class Pending:
    """A call about to be answered badly."""

    endpoint: str
    carry_out: Callable[..., Answer]
    """Does what was asked and gives the true answer."""
    not_found: Callable[[], Answer]
    wire: Wire
    host: str


Way = Callable[..., None]
WAYS: dict[str, Way] = {}


def way(function: Way) -> Way:
    """Enter a way into the list, under its name with hyphens."""
    WAYS[function.__name__.strip("_").replace("_", "-")] = function
    return function


class Misbehaviours:
    """The rules in force."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def set(
        self,
        endpoint: str,
        how: str,
        *,
        account: str | None = None,
        times: int | None = None,
        **options: Any,
    ) -> None:
        """Misbehave from now on; raises ValueError for a way or an option there is not."""
        how = how.replace("_", "-").replace(" ", "-")
        if how not in WAYS:
            raise ValueError(f"no such way to misbehave: {how!r}; there are {sorted(WAYS)}")
        known = set(list(inspect.signature(WAYS[how]).parameters)[1:])
        if unknown := set(options) - known:
            raise ValueError(f"{how!r} takes {sorted(known)}, not {sorted(unknown)}")
        with self._lock:
            self._rules.append(Rule(endpoint, how, account, times, options))

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._rules.clear()

    def take(self, endpoint: str, account: str | None) -> Rule | None:
        """The rule for this call, counted as used once; None: behave."""
        with self._lock:
            for rule in reversed(self._rules):
                if rule.fits(endpoint, account):
                    if rule.times is not None:
                        rule.times -= 1
                    return rule
        return None

    def in_force(self) -> list[dict[str, Any]]:
        """The rules in force, as plain data."""
        with self._lock:
            return [
                {"endpoint": r.endpoint, "how": r.how, "account": r.account, "times": r.times}
                | r.options
                for r in self._rules
                if r.times != 0
            ]


def misbehave(rule: Rule, pending: Pending) -> None:
    """Answer as the rule says. Connection errors are the caller's to swallow."""
    WAYS[rule.how](pending, **rule.options)


def described() -> Iterator[tuple[str, str]]:
    """Each way with its sentence, for the sandbox's page."""
    for name, function in sorted(WAYS.items()):
        yield name, " ".join((function.__doc__ or "").split())
