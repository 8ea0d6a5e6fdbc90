"""What is wrong with an installation, in words: `flask check`.

The settings themselves were checked before this is reached: a bad one stops every
command with one line that names it.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app import exports, overseeing, readiness, workers
from app.extensions import db
from app.models import Account, BrowserSignIn, now
from app.security import settings_of_app
from app.sessions import RedisSessions

MOST_APART = timedelta(seconds=30)
"""How far the clocks of two machines may be apart; a sign-in lives for ten minutes."""

_PATIENCE = 8
_SETTINGS_IN_FILES = (
    *("SECRET_KEY", "CREDENTIAL_KEYS", "DATABASE_URL", "REDIS_URL"),
    *("PINNED_APP_SECRET", "METRICS_TOKEN"),
)

Grade = Literal["good", "doubtful", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    grade: Grade
    about: str
    words: str


def look_at_everything() -> Iterator[Finding]:
    """All findings of the running app's installation, one after another."""
    for look in _LOOKS:
        yield from look()


def _settings() -> Iterator[Finding]:
    settings = settings_of_app()
    about = "settings"
    if not settings.is_https:
        yield Finding(
            "doubtful",
            about,
            f"PUBLIC_URL is {settings.public_url}: good for trying, but nobody else's browser "
            "can come there. Use https:// and a name for other people.",
        )
    elif settings.trusted_proxies == 0:
        yield Finding(
            "doubtful",
            about,
            "TRUSTED_PROXIES is 0, but https is usually made by a proxy in front. All people "
            "then seem to come from one address and share its limits.",
        )
    if settings.is_https and settings.allow_loopback_servers:
        yield Finding(
            "wrong",
            about,
            "ALLOW_LOOPBACK_SERVERS is on, so anybody can make Engawa connect to programs on "
            "this machine. Turn it off.",
        )
    if settings.redis_url is None and int(os.environ.get("WEB_CONCURRENCY", "1")) > 1:
        yield Finding(
            "doubtful",
            about,
            "Without REDIS_URL each of the WEB_CONCURRENCY processes counts limits on its own.",
        )
    if settings.redis_url is None and not settings.database_url.startswith("sqlite"):
        yield Finding(
            "doubtful",
            about,
            "There is a PostgreSQL but no REDIS_URL: with several nodes each counts limits on "
            "its own.",
        )
    yield Finding("good", about, "Everything that has to be set is set, and can be read.")


def _secrets() -> Iterator[Finding]:
    files = [
        (f"{name}_FILE", Path(os.environ[f"{name}_FILE"]))
        for name in _SETTINGS_IN_FILES
        if os.environ.get(f"{name}_FILE")
    ]
    database = db.engine.url.database
    if db.engine.dialect.name == "sqlite" and database:
        files.append(("the database", Path(database)))
    for name, path in files:
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            continue  # Whoever needs it says what is wrong with it.
        if mode & 0o007:
            yield Finding(
                "doubtful",
                "files",
                f"{name} ({path}) may be read by everybody on this machine (mode {mode:o}); "
                "chmod 600 keeps it to its owner.",
            )


def _database() -> Iterator[Finding]:
    about = "database"
    kind = db.engine.dialect.name
    try:
        there, wanted = readiness.migrations_at(), readiness.migrations_wanted()
    except SQLAlchemyError as error:
        # Its own words name hosts and files, but not passwords.
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip()
        yield Finding("wrong", about, f"{kind} can't be reached: {reason}. See DATABASE_URL.")
        return
    if there != wanted:
        yield Finding(
            "wrong",
            about,
            f"{kind} answers, but it is at migration {there or 'none'} and this Engawa needs "
            f"{wanted}. Run `flask db upgrade`.",
        )
        return
    yield Finding("good", about, f"{kind} answers, and all its migrations are done.")
    yield from _sealed()


def _sealed() -> Iterator[Finding]:
    """Whether the keys fit what lies there, by one account."""
    sealed = select(Account).where(text("credential IS NOT NULL")).limit(1)
    account = db.session.scalar(sealed)
    if account is not None and account.credential is None:
        yield Finding(
            "wrong",
            "keys",
            "CREDENTIAL_KEYS don't open what is in the database. Bring the key back that it "
            "was sealed with, or everybody has to sign in again.",
        )
    elif account is not None:
        yield Finding("good", "keys", "CREDENTIAL_KEYS open what is in the database.")


def _redis() -> Iterator[Finding]:
    if settings_of_app().redis_url is None:
        return
    try:
        readiness.ping_redis()
    except RedisError as error:
        yield Finding(
            "wrong", "redis", f"It does not answer ({type(error).__name__}). See REDIS_URL."
        )
    else:
        yield Finding("good", "redis", "It answers.")


def _exports() -> Iterator[Finding]:
    about, settings = "exports", settings_of_app()
    if not exports.are_offered():
        return
    folder = exports.folder()
    is_grown = settings.redis_url is not None and not settings.database_url.startswith("sqlite")
    if is_grown and not settings.exports_folder:
        yield Finding(
            "doubtful",
            about,
            f"They lie in {folder}. With several nodes or workers on several machines, name a "
            "folder that all of them share as EXPORTS_FOLDER.",
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield Finding("wrong", about, f"Nothing can be written to {folder}: {error.strerror}.")
        return
    free = shutil.disk_usage(folder).free
    if free < 2 * exports.most_bytes():
        yield Finding(
            "doubtful",
            about,
            f"{folder} has {free // exports.MEGABYTE} MB left, and making one export may need "
            f"{2 * settings.export_max_mb}. Make room, or lower EXPORT_MAX_MB.",
        )
    yield Finding("good", about, f"{folder} can be written to.")


def _workers() -> Iterator[Finding]:
    about = "worker"
    try:
        alive, late = workers.alive(), overseeing.count_late()
    except SQLAlchemyError:
        db.session.rollback()
        return  # What is wrong with the database was said.
    if not alive:
        yield Finding(
            "wrong",
            about,
            "None was seen for a minute: nothing that is scheduled is posted, and no export is "
            "made. Start `flask worker`, and let it be started again when it ends.",
        )
    else:
        names = ", ".join(worker.name for worker in alive)
        yield Finding("good", about, f"{len(alive)} alive ({names}).")
    if alive and late:
        yield Finding(
            "doubtful",
            about,
            f"{late} jobs are late, by more than {overseeing.LATE_AFTER.seconds // 60} minutes: "
            "workers can't keep up, or their clocks are wrong. `flask jobs list` names them.",
        )


def _clock() -> Iterator[Finding]:
    apart = {}
    try:
        if db.engine.dialect.name == "postgresql":
            moment = db.session.scalar(select(func.clock_timestamp()))
            apart["PostgreSQL"] = abs(now() - moment) if moment else timedelta()
        latest = db.session.scalar(select(func.max(BrowserSignIn.seen_at)))
    except SQLAlchemyError:
        db.session.rollback()
        latest = None
    sessions = current_app.session_interface
    if isinstance(sessions, RedisSessions):
        try:
            seconds, _ = sessions.client.time()
        except RedisError:
            pass
        else:
            apart["Redis"] = abs(now() - datetime.fromtimestamp(seconds, UTC))
    for who, distance in apart.items():
        if distance > MOST_APART:
            yield Finding(
                "wrong",
                "clock",
                f"This machine's clock and that of {who} are {distance.total_seconds():.0f} "
                "seconds apart. Sign-ins end early or late; let both follow a time server.",
            )
    if latest is not None and latest > now() + MOST_APART:
        yield Finding(
            "wrong",
            "clock",
            f"It says {now():%Y-%m-%d %H:%M} UTC, but somebody was here at "
            f"{latest:%Y-%m-%d %H:%M} already. Let it follow a time server.",
        )


def _public_url() -> Iterator[Finding]:
    about, url = "PUBLIC_URL", settings_of_app().public_url
    asked = Request(f"{url}/healthz", headers={"User-Agent": "Engawa check"})  # noqa: S310
    began = time.monotonic()
    try:
        # The operator's own front door, by the operator's own command.
        with urlopen(asked, timeout=_PATIENCE) as answer:  # noqa: S310
            is_ours = answer.read(100) == b"ok\n"
    except HTTPError as error:
        error.close()
        yield Finding(
            "wrong",
            about,
            f"{url} answers, but /healthz with {error.code}. Does the proxy lead to Engawa, "
            "and does Engawa run?",
        )
        return
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        yield Finding(
            "wrong",
            about,
            f"{url} can't be reached from here ({reason}). Is Engawa running, is its name "
            "known, and its certificate good?",
        )
        return
    if not is_ours:
        yield Finding("wrong", about, f"{url} answers, but something that is not Engawa.")
        return
    seconds = time.monotonic() - began
    yield Finding("good", about, f"{url} leads to Engawa ({seconds:.1f} s).")


_LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    *(_settings, _secrets, _database, _redis, _workers, _exports, _clock, _public_url),
)
