"""What lies in the database, read by plain SQL beside the app, as a thief would; and how
time passes for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from psycopg.rows import dict_row
from redis import Redis
from sqlalchemy import make_url

from app.misskey import Secret

IntegrityError = (sqlite3.IntegrityError, psycopg.IntegrityError)
"""What `execute` raises where the database does not allow it."""


def is_sqlite(app: Flask) -> bool:
    """Whether the app's database is a SQLite file."""
    return str(app.config["SQLALCHEMY_DATABASE_URI"]).startswith("sqlite")


def path_of(app: Flask) -> Path:
    """Where the app's SQLite file is."""
    assert is_sqlite(app)
    return Path(app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))


def execute(app: Flask, sql: str, *values: Any) -> list[dict[str, Any]]:
    """Carry out one statement, in a connection of its own; its rows."""
    if is_sqlite(app):
        with closing(sqlite3.connect(path_of(app), timeout=5)) as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(sql, values)]
            connection.commit()
        return found
    with _postgresql(app) as cursor:
        cursor.execute(sql.replace("%", "%%").replace("?", "%s"), values or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def _postgresql(app: Flask) -> Iterator[Any]:
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    where = {"host": url.query["host"], "user": url.username, "dbname": url.database}
    with psycopg.connect(**where, row_factory=dict_row) as connection:  # type: ignore[arg-type]
        yield connection.cursor()


def rows(app: Flask, table: str) -> list[dict[str, Any]]:
    """All rows of a table, as they lie there."""
    # PostgreSQL moves rows when they change.
    order = "rowid" if is_sqlite(app) else "1"
    return execute(app, f"SELECT * FROM {table} ORDER BY {order}")  # noqa: S608


def tables(app: Flask) -> list[str]:
    """The names of all tables."""
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if is_sqlite(app)
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    return [row["name"] for row in execute(app, catalogue)]


def everything(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables; equal before and after what changes nothing."""
    return {table: rows(app, table) for table in tables(app)}


def tables_with(app: Flask, text: str) -> set[str]:
    """The tables in which `text` stands somewhere, also inside of something else."""
    return {
        table
        for table, found in everything(app).items()
        for row in found
        if any(text.encode() in _bytes(value) for value in row.values())
    }


def file_bytes(app: Flask) -> bytes:
    """The database's files whole, with what was written and deleted again; of PostgreSQL
    all rows, and all of Redis."""
    if is_sqlite(app):
        files = path_of(app).parent.glob(f"{path_of(app).name}*")
        return b"".join(file.read_bytes() for file in files)
    found = [value for rows in everything(app).values() for row in rows for value in row.values()]
    return b"\0".join([*map(_bytes, found), _all_of_redis(app)])


def _all_of_redis(app: Flask) -> bytes:
    url: Secret | None = app.extensions["engawa.settings"].redis_url
    if url is None:
        return b""
    with closing(Redis.from_url(url.reveal())) as client:
        return b"\0".join(key + (client.dump(key) or b"") for key in client.scan_iter("*"))


def let_pass(app: Flask, *, minutes: float) -> None:
    """Let time pass for everything that expires, by bringing its end nearer."""
    for table, found in everything(app).items():
        for moment in {row["expires_at"] for row in found if "expires_at" in row}:
            execute(
                app,
                f"UPDATE {table} SET expires_at = ? WHERE expires_at = ?",  # noqa: S608
                _earlier(moment, timedelta(minutes=minutes)),
                moment,
            )


def _earlier(moment: Any, by: timedelta) -> Any:
    if isinstance(moment, datetime):
        return moment - by
    return (datetime.fromisoformat(moment) - by).isoformat(" ", "microseconds")


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
