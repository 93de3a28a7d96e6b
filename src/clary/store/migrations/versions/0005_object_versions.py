"""Versions of objects: what keys held before, and delete markers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("buckets", sa.Column("versioning", sa.String(), server_default="", nullable=False))
    op.add_column("objects", sa.Column("version", sa.String(), server_default="", nullable=False))
    op.create_table(
        "object_versions",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("rank", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("modified_at", sa.Float(), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "key", "rank"),
    )
    op.create_index("object_versions_by_id", "object_versions", ["bucket", "key", "version"], unique=True)


def downgrade() -> None:
    op.drop_index("object_versions_by_id", table_name="object_versions")
    op.drop_table("object_versions")
    op.drop_column("objects", "version")
    op.drop_column("buckets", "versioning")
