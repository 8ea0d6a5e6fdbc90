"""What the operator has decided: which servers may be used here, and a notice to all.

Decisions come from the settings (`ALLOWED_SERVERS`, `BLOCKED_SERVERS`) and from commands
(`flask servers block …`, `flask notice set …`), which write to the database, so that
every node and process hears of them without a restart: within `HEARD_WITHIN` seconds,
for pages must not ask the database for them each time.

A name stands for that server alone; `*.example.com` stands for all below it. A block
wins over everything. Where `ALLOWED_SERVERS` names any, all others are turned away.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from flask import Flask, current_app
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.misskey import MisskeyError
from app.models import ServerRule, ServiceNotice
from app.security import settings_of_app

HEARD_WITHIN = 5.0
"""Seconds until every process knows of a command."""

Rule = Literal["block", "allow"]


class ServerTurnedAway(MisskeyError):
    """The operator does not let this server be used here; no call was made."""


@dataclass(frozen=True, slots=True)
class HouseRules:
    """All decisions as they stood at one moment."""

    allowed: frozenset[str]
    blocked: frozenset[str]
    only_allowed: bool
    notices: dict[str, str]
    """By language, `ja` or `en`."""

    def lets_in(self, host: str) -> bool:
        """Whether the server at `host` may be used here."""
        if _is_among(host, self.blocked):
            return False
        return not self.only_allowed or _is_among(host, self.allowed)

    def notice(self, language: str) -> tuple[str, str] | None:
        """The notice to all and the language it is in: that one, or the one there is."""
        for found in (language, *self.notices):
            if found in self.notices:
                return self.notices[found], found
        return None


@dataclass(slots=True)
class _Heard:
    rules: HouseRules
    at: float


def init_app(app: Flask) -> None:
    """Let templates show the notice to all."""
    app.jinja_env.globals["notice_to_all"] = _notice_to_all


def current() -> HouseRules:
    """The rules as they stand, at most `HEARD_WITHIN` seconds old."""
    heard: _Heard | None = current_app.extensions.get("engawa.house_rules")
    if heard is None or time.monotonic() - heard.at > HEARD_WITHIN:
        heard = _Heard(_read(), time.monotonic())
        current_app.extensions["engawa.house_rules"] = heard
    return heard.rules


def _notice_to_all(language: str) -> tuple[str, str] | None:
    try:
        return current().notice(language)
    except SQLAlchemyError:
        # Pages that need no database do without.
        db.session.rollback()
        return None


def must_be_let_in(host: str) -> None:
    """Raises ServerTurnedAway where the operator does not let `host` be used."""
    if not current().lets_in(host):
        raise ServerTurnedAway(host, "")


def decide(host: str, rule: Rule | None) -> None:
    """Write down the operator's decision on `host`, in place of an older one; None takes
    it back."""
    db.session.execute(delete(ServerRule).where(ServerRule.host == host))
    if rule is not None:
        db.session.add(ServerRule(host=host, rule=rule))
    db.session.commit()
    _hear_at_once()


def set_notices(notices: dict[str, str]) -> None:
    """Show these, by language, on every page; none at all takes them away."""
    db.session.execute(delete(ServiceNotice))
    db.session.add_all(
        ServiceNotice(language=language, text=text) for language, text in notices.items()
    )
    db.session.commit()
    _hear_at_once()


def _hear_at_once() -> None:
    current_app.extensions.pop("engawa.house_rules", None)


def _read() -> HouseRules:
    settings = settings_of_app()
    decided = {row.host: row.rule for row in db.session.scalars(select(ServerRule))}
    notices = {row.language: row.text for row in db.session.scalars(select(ServiceNotice))}
    return HouseRules(
        allowed=frozenset(settings.allowed_servers) | _decided(decided, "allow"),
        blocked=frozenset(settings.blocked_servers) | _decided(decided, "block"),
        only_allowed=bool(settings.allowed_servers),
        notices=notices,
    )


def _decided(decided: dict[str, str], rule: Rule) -> frozenset[str]:
    return frozenset(host for host, found in decided.items() if found == rule)


def _is_among(host: str, names: Collection[str]) -> bool:
    if not names:
        return False
    parents = host.split(".")
    below = (f"*.{'.'.join(parents[start:])}" for start in range(1, len(parents)))
    return host in names or any(name in names for name in below)
