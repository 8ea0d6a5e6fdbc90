"""How a person likes to read, kept with the account; servers' descriptions of their API.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    with op.batch_alter_table("accounts") as batch:
        batch.add_column(sa.Column("preferences", sa.JSON(), nullable=True))
    op.create_table(
        "server_references",
        sa.Column("host", sa.String(length=300), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_server_references"),
    )


def downgrade() -> None:
    op.drop_table("server_references")
    with op.batch_alter_table("accounts") as batch:
        batch.drop_column("preferences")
