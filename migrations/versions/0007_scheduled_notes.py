"""Notes to be posted later, and how many of an account's need its person.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "scheduled_notes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_id", sa.String(length=64), nullable=True),
        sa.Column("note_id", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_scheduled_notes_account_id_accounts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scheduled_notes"),
    )
    op.create_index("ix_scheduled_notes_state", "scheduled_notes", ["state", "try_at"])
    op.create_index("ix_scheduled_notes_account_id", "scheduled_notes", ["account_id", "due_at"])
    op.create_index(
        "uq_scheduled_notes_sending",
        "scheduled_notes",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    with op.batch_alter_table("accounts") as batch:
        batch.add_column(sa.Column("zone", sa.String(length=64), nullable=True))
        batch.add_column(
            sa.Column("troubled_notes", sa.Integer(), nullable=False, server_default="0")
        )


def downgrade() -> None:
    with op.batch_alter_table("accounts") as batch:
        batch.drop_column("troubled_notes")
        batch.drop_column("zone")
    op.drop_index("uq_scheduled_notes_sending", table_name="scheduled_notes")
    op.drop_index("ix_scheduled_notes_account_id", table_name="scheduled_notes")
    op.drop_index("ix_scheduled_notes_state", table_name="scheduled_notes")
    op.drop_table("scheduled_notes")
