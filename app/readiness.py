"""Whether what Engawa stands on is there: the database, migrated, and Redis; and whether
somebody works while people are away."""

from __future__ import annotations

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app import workers
from app.extensions import db, migrate
from app.sessions import RedisSessions


def missing() -> list[str]:
    """What is not there: any of `database`, `migrations`, `redis`."""
    found = []
    try:
        if migrations_at() != migrations_wanted():
            found.append("migrations")
    except SQLAlchemyError:
        found.append("database")
    try:
        ping_redis()
    except RedisError:
        found.append("redis")
    return found


def is_worked() -> bool:
    """Whether a worker is alive, as far as can be told: no answer of the database is no
    news of workers."""
    try:
        return workers.are_there()
    except SQLAlchemyError:
        db.session.rollback()
        return True


def migrations_at() -> str | None:
    """The last migration the database has seen. Raises SQLAlchemyError."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrations_wanted() -> str | None:
    """The last migration there is."""
    config = migrate.get_config()
    return ScriptDirectory.from_config(config).get_current_head()


def ping_redis() -> None:
    """Ask Redis, where there is one. Raises RedisError."""
    sessions = current_app.session_interface
    if isinstance(sessions, RedisSessions):
        sessions.client.ping()
