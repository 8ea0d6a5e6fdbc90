"""What acting on notes needs: our apps' permissions, servers' emoji, recent reactions.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLES_OF_APPS = ("accounts", "server_apps", "pending_sign_ins")


def upgrade() -> None:
    for table in TABLES_OF_APPS:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("permissions", sa.JSON(), nullable=True))
    with op.batch_alter_table("accounts") as batch:
        batch.add_column(sa.Column("recent_reactions", sa.JSON(), nullable=True))
    op.create_table(
        "server_emojis",
        sa.Column("host", sa.String(length=300), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_server_emojis"),
    )


def downgrade() -> None:
    op.drop_table("server_emojis")
    with op.batch_alter_table("accounts") as batch:
        batch.drop_column("recent_reactions")
    for table in TABLES_OF_APPS:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("permissions")
