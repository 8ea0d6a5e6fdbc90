"""Sign-in by OAuth: what a pending one needs, and which way an account came by.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("pending_sign_ins") as batch:
        batch.add_column(sa.Column("verifier", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("token_path", sa.String(length=2000), nullable=True))
    with op.batch_alter_table("accounts") as batch:
        batch.add_column(sa.Column("way", sa.String(length=10), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("accounts") as batch:
        batch.drop_column("way")
    # Without its verifier a sign-in by OAuth can't be finished.
    op.execute("DELETE FROM pending_sign_ins WHERE way = 'oauth'")
    with op.batch_alter_table("pending_sign_ins") as batch:
        batch.drop_column("token_path")
        batch.drop_column("verifier")
