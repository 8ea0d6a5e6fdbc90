"""Servers the operator blocked or allowed, and a notice to all.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "server_rules",
        sa.Column("host", sa.String(length=300), nullable=False),
        sa.Column("rule", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_server_rules")),
    )
    op.create_table(
        "service_notices",
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("language", name=op.f("pk_service_notices")),
    )


def downgrade() -> None:
    op.drop_table("service_notices")
    op.drop_table("server_rules")
