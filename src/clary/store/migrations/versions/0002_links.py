"""Links between things: memberships and lineage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("label", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "source", "target"),
        sqlite_with_rowid=False,
    )
    op.create_index("links_by_target", "links", ["kind", "target", "source"], unique=False)


def downgrade() -> None:
    op.drop_index("links_by_target", table_name="links")
    op.drop_table("links")
