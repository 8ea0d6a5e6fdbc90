"""Server-side sessions: Flask-Session, with five things made tighter.

- The store knows a session only by the SHA-256 of its id, so that whoever reads the
  database or Redis cannot take a session over.
- Values are msgpack and nothing else: Flask-Session 0.8 falls back to `pickle.loads`
  for old values, which would hand the process to whoever can write to the store.
- A session that ended while a request was under way (a sign-in gave it a new id) does
  not come back under its old id when that request is over: somebody who planted the old
  id in a browser would be signed in with it.
- Of two requests under way at once, each keeps what the other changed: a slow answer must
  not undo the switch of accounts made in another tab, nor take a kept text away.
- The table is one of our models, under migrations, and written with one statement.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from typing import Any

import msgspec
from flask import Flask, Request, Response, request
from flask_session.base import ServerSideSession, ServerSideSessionInterface
from flask_session.redis.redis import RedisSessionInterface
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import bindparam, delete, select, update

from app.extensions import db
from app.models import StoredSession, now
from app.settings import Settings
from app.storage import StorageFails

log = logging.getLogger(__name__)

LIFETIME = timedelta(days=60)
"""How long a browser stays signed in without being used."""

REDIS_OPTIONS: dict[str, Any] = {
    # A Redis that hangs must not take our threads along. Once more, for a connection that a
    # restarted Redis knows nothing of.
    "socket_timeout": 2.0,
    "socket_connect_timeout": 2.0,
    "retry": Retry(NoBackoff(), 1),
}


class _Msgpack:
    def encode(self, session: ServerSideSession) -> bytes:
        return msgspec.msgpack.encode(dict(session))

    def decode(self, data: bytes) -> dict[str, Any] | None:
        try:
            return msgspec.msgpack.decode(data, type=dict[str, Any])
        except (ValueError, RecursionError):  # msgspec's own are ValueErrors as well.
            return None  # A value we did not write: as good as no session.


def _hash_id(prefix: str, sid: str) -> str:
    return prefix + hashlib.sha256(sid.encode(errors="replace")).hexdigest()


class _Ended(Exception):
    """The session to be saved is not in the store any more."""


class _ManyAtOnce:
    """Saves what was read from the store only over itself, and only what changed."""

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        session = super().open_session(app, request)  # type: ignore[misc]
        # A cookie whose session is not in the store gets another id.
        cookie = request.cookies.get(app.config["SESSION_COOKIE_NAME"])
        session.stored_as = cookie if session.sid == cookie else None
        session.as_read = dict(session)
        return session

    def save_session(self, app: Flask, session: ServerSideSession, response: Response) -> None:
        if session.modified and _was_stored(session):
            self._take_over_what_others_changed(session)
        # No cookie either: it would replace the one of the session that goes on.
        try:
            super().save_session(app, session, response)  # type: ignore[misc]
        except _Ended:
            pass
        except StorageFails as error:
            # Who only reads gets the page; what it would have remembered is not worth it.
            if request.method not in ("GET", "HEAD") or not _was_stored(session):
                raise
            db.session.rollback()
            log.warning("a session was not saved: %s", type(error).__name__)

    def _take_over_what_others_changed(self, session: ServerSideSession) -> None:
        latest = self._retrieve_session_data(self._get_store_id(session.sid))  # type: ignore[attr-defined]
        if latest is None or latest == session.as_read:
            return
        for name in latest.keys() | session.as_read.keys():
            if session.get(name) != session.as_read.get(name):
                continue  # This request's own change stands.
            if name in latest:
                session[name] = latest[name]
            else:
                session.pop(name, None)


def _was_stored(session: ServerSideSession) -> bool:
    """Whether it lay in the store, under the id it has now, when the request began."""
    return bool(session.stored_as == session.sid)


# Asked at every request, so it is put together but once.
_DATA = select(StoredSession.data).where(
    StoredSession.id_hash == bindparam("id_hash"),
    StoredSession.expires_at > bindparam("moment"),
)


class DatabaseSessions(_ManyAtOnce, ServerSideSessionInterface):  # type: ignore[misc]
    """Sessions in the `sessions` table."""

    ttl = True  # Expired rows are left out on reading and deleted at sign-ins.

    def __init__(self, app: Flask) -> None:
        super().__init__(app, key_prefix="", permanent=True)
        self.serializer = _Msgpack()

    def _get_store_id(self, sid: str) -> str:
        return _hash_id("", sid)

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        data = db.session.scalar(_DATA, {"id_hash": store_id, "moment": now()})
        return None if data is None else self.serializer.decode(data)

    def _delete_session(self, store_id: str) -> None:
        db.session.execute(delete(StoredSession).where(StoredSession.id_hash == store_id))
        db.session.commit()

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        values = {
            "data": self.serializer.encode(session),
            "expires_at": now() + session_lifetime,
        }
        # Another request may have left its transaction half done by failing.
        db.session.rollback()
        if not _was_stored(session):
            # Its id is a new one that only this request knows.
            db.session.add(StoredSession(id_hash=store_id, **values))
            db.session.commit()
            return
        changed = db.session.execute(
            update(StoredSession).where(StoredSession.id_hash == store_id).values(**values)
        )
        db.session.commit()
        if not changed.rowcount:  # type: ignore[attr-defined]
            raise _Ended


class RedisSessions(_ManyAtOnce, RedisSessionInterface):  # type: ignore[misc]
    """Sessions in Redis, which forgets them by itself."""

    def __init__(self, app: Flask, client: Redis) -> None:
        super().__init__(app, client, key_prefix="engawa:session:", permanent=True)
        self.serializer = _Msgpack()

    def _get_store_id(self, sid: str) -> str:
        return _hash_id(str(self.key_prefix), sid)

    def _upsert_session(
        self, session_lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        data = self.serializer.encode(session)
        only_over = _was_stored(session)
        if not self.client.set(store_id, data, ex=session_lifetime, xx=only_over):
            raise _Ended


def init_app(app: Flask, settings: Settings) -> None:
    """Give `app` its sessions and its session cookie."""
    app.config.update(
        # __Host- binds the cookie to this very host and to https; browsers refuse the
        # prefix over http, which only loopback uses.
        SESSION_COOKIE_NAME="__Host-engawa" if settings.is_https else "engawa",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        # Lax, not Strict: people come back from their server's consent page by a
        # redirect, which is a cross-site GET.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=LIFETIME,
    )
    if settings.redis_url is None:
        app.session_interface = DatabaseSessions(app)
    else:
        client = Redis.from_url(settings.redis_url.reveal(), **REDIS_OPTIONS)
        app.session_interface = RedisSessions(app, client)
