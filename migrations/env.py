"""Alembic's entry: the app's own engine, and batch mode for SQLite."""

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


with db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=plain_types,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
