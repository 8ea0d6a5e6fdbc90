"""What lies in the database, read by plain SQL beside the app, as a thief would; and how
time passes for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask


def path_of(app: Flask) -> Path:
    """Where the app's SQLite file is."""
    return Path(app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))


def execute(app: Flask, sql: str, *values: Any) -> list[dict[str, Any]]:
    """Carry out one statement, in a connection of its own; its rows."""
    with closing(sqlite3.connect(path_of(app), timeout=5)) as connection:
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute(sql, values)]
        connection.commit()
    return found


def rows(app: Flask, table: str) -> list[dict[str, Any]]:
    """All rows of a table, as they lie there."""
    return execute(app, f"SELECT * FROM {table}")  # noqa: S608


def tables(app: Flask) -> list[str]:
    """The names of all tables."""
    return [
        row["name"] for row in execute(app, "SELECT name FROM sqlite_master WHERE type = 'table'")
    ]


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
    """The database's files whole, with what was written and deleted again."""
    return b"".join(file.read_bytes() for file in path_of(app).parent.glob(f"{path_of(app).name}*"))


def let_pass(app: Flask, *, minutes: float) -> None:
    """Let time pass for everything that expires, by bringing its end nearer."""
    for table, found in everything(app).items():
        for moment in {row["expires_at"] for row in found if "expires_at" in row}:
            nearer = datetime.fromisoformat(moment) - timedelta(minutes=minutes)
            execute(
                app,
                f"UPDATE {table} SET expires_at = ? WHERE expires_at = ?",  # noqa: S608
                nearer.isoformat(" ", "microseconds"),
                moment,
            )


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
