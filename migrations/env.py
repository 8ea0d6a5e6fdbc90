"""Alembic's entry: the app's own engine, and batch mode for SQLite.

SQLite changes a table by copying it and dropping the old one. With foreign keys kept,
dropping would delete what hangs on its rows: everybody's sign-ins, with `accounts`.
"""

from contextlib import contextmanager

import sqlalchemy as sa
from alembic import context
from flask import current_app

migrate = current_app.extensions["migrate"]
db = migrate.db


def plain_types(kind, item, _autogenerate):
    """Our column types as what they are in the database, so that a migration does not
    depend on code that will change."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


@contextmanager
def without_foreign_keys(connection):
    """Migrate with foreign keys unkept on SQLite, and look afterwards whether they hold."""
    if connection.dialect.name != "sqlite":
        yield
        return
    # The pragma does nothing within a transaction.
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.commit()
    try:
        yield
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"rows without what they refer to: {broken[:5]}")
    finally:
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.commit()


with db.engine.connect() as connection, without_foreign_keys(connection):
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=plain_types,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
