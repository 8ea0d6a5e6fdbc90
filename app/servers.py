"""What we know of people's servers, and clients to call them with.

Facts age: what a server said of itself holds for a day, and when it can't be asked
again, what it said last still does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, BinaryIO

from flask import Flask, current_app, g
from sqlalchemy.exc import IntegrityError

from app import metrics
from app.extensions import db
from app.house_rules import must_be_let_in
from app.misskey import (
    AddressForbidden,
    Client,
    MisskeyError,
    Secret,
    ServerAddress,
    Transport,
)
from app.misskey.signin import NotMisskey, ServerFacts, ask_server
from app.misskey.transport import Answer, Limits, Outgoing
from app.models import Account, Server, now, storable
from app.security import settings_of_app
from app.settings import Settings
from app.storage import StorageFails, aside

log = logging.getLogger(__name__)

FACTS_HOLD_FOR = timedelta(days=1)


def init_app(app: Flask, settings: Settings) -> None:
    """Give `app` its one transport."""
    seconds = settings.upstream_seconds
    limits = Limits(
        connect=min(4.0, seconds),
        between_pieces=min(8.0, seconds),
        total=seconds,
        calls_per_host=settings.calls_per_server,
        uploads_per_host=max(1, settings.calls_per_server // 2),
        # A server makes thumbnails, and may pass the file on, before it answers.
        upload_patience=2.5 * seconds,
    )
    app.extensions["engawa.transport"] = _Door(
        limits, user_agent=f"Engawa (+{settings.public_url})"
    )


class _Door(Transport):
    """Gives the database's connection back before it waits for a server: there are fewer
    of them than calls that may hang, and people of other servers need one, too."""

    def send(self, address: ServerAddress, outgoing: Outgoing) -> Answer:
        with self._counted() as outcome:
            outcome.answer = super().send(address, outgoing)
        return outcome.answer

    def download(self, address: ServerAddress, path: str, sink: BinaryIO, **how: Any) -> Answer:
        with self._counted() as outcome:
            outcome.answer = super().download(address, path, sink, **how)
        return outcome.answer

    @contextmanager
    def _counted(self) -> Iterator[_Outcome]:
        # Not a rollback, after which every object would be read anew. What belongs
        # together is committed before a call anyway, for a call may take long.
        db.session.commit()
        began = time.monotonic()
        outcome = _Outcome()
        came_of_it: int | Exception = 0
        try:
            yield outcome
            came_of_it = outcome.answer.status
        except Exception as error:
            came_of_it = error
            raise
        finally:
            counted = metrics.current()
            if counted is not None:
                counted.count_call(came_of_it, time.monotonic() - began)


class _Outcome:
    """What came of one call."""

    answer: Answer


def transport() -> Transport:
    """The running app's transport."""
    door: Transport = current_app.extensions["engawa.transport"]
    return door


def client_for(account: Account) -> Client:
    """A client that acts as `account`, which must have a credential.

    The request remembers for whom it acts: if the server refuses the credential, it is
    this account that is signed out.
    """
    g.acting_account = account
    return client_at(account.address, account.credential)


def client_at(address: ServerAddress, credential: Secret | None = None) -> Client:
    """A client at `address`. Raises AddressForbidden for this machine's loopback where
    the operator does not allow it (any more), and ServerTurnedAway for a server the
    operator does not let be used here."""
    must_be_let_in(address.host)
    if address.is_loopback and not settings_of_app().allow_loopback_servers:
        raise AddressForbidden(address.host, "")
    return Client(transport(), address, credential)


def ask(typed: ServerAddress) -> Server:
    """Ask the server at `typed` what it is, and keep the answer under its own address.

    Raises NotMisskey and MisskeyErrors.
    """
    return _keep(ask_server(client_at(typed).transport, typed))


def stored(host: str) -> Server | None:
    """What `host` said of itself, however old: for pages that must not wait for it."""
    return db.session.get(Server, host)


def known(host: str) -> Server | None:
    """What `host` said of itself, asked again where that is older than a day.

    None only if it never answered.
    """
    server = db.session.get(Server, host)
    if server is not None and now() - server.asked_at < FACTS_HOLD_FOR:
        return server
    try:
        return ask(server.address) if server is not None else None
    except (MisskeyError, NotMisskey) as error:
        log.info("facts about %s could not be refreshed: %s", host, type(error).__name__)
        if server is not None:
            # Asked again in a day, not at every page while the server is down.
            with aside():
                server.asked_at = now()
        return server
    except StorageFails:
        # It answered, but that can't be written down: what it said before still holds.
        db.session.rollback()
        return server


def _keep(facts: ServerFacts) -> Server:
    host = facts.address.host
    server = db.session.get(Server, host) or Server(host=host)
    server.name = storable(facts.meta.name or "", 300) or None
    server.version = storable(facts.meta.version, 100)
    server.max_note_length = max(1, min(facts.meta.max_note_text_length, 1_000_000))
    server.endpoints = sorted(facts.endpoints)
    server.asked_at = now()
    db.session.add(server)
    try:
        db.session.commit()
    except IntegrityError:
        # Two first sign-ins at once: the other one wrote down the same facts.
        db.session.rollback()
        server = db.session.get_one(Server, host)
    return server
