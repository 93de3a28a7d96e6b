"""The S3 behind Clary: which one it is, and its content in doubt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backing_doubts",
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("unfinished", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("blob"),
    )
    op.create_index("backing_doubts_by_until", "backing_doubts", ["until"], unique=False)
    op.create_table(
        "backing_place",
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("mark"),
    )


def downgrade() -> None:
    op.drop_table("backing_place")
    op.drop_index("backing_doubts_by_until", table_name="backing_doubts")
    op.drop_table("backing_doubts")
