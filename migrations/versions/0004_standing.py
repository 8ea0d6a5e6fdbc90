"""How an account stands at its server: what its roles forbid, and what is unread.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("accounts") as batch:
        batch.add_column(sa.Column("forbidden", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("unread_notifications", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("standing_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("accounts") as batch:
        batch.drop_column("standing_at")
        batch.drop_column("unread_notifications")
        batch.drop_column("forbidden")
