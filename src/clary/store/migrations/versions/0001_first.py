"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "buckets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("tags", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "log_groups",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "log_streams",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("log_group", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("first_event_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_event_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_ingested_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("event_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("stored_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "log_streams_by_last_event", "log_streams", ["log_group", "last_event_ms", "name"], unique=False
    )
    op.create_index("log_streams_by_name", "log_streams", ["log_group", "name"], unique=True)
    op.create_table(
        "metric_sequences",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "metric_series",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("finite", sa.BigInteger(), nullable=False),
        sa.Column("minimum", sa.Float(), nullable=True),
        sa.Column("maximum", sa.Float(), nullable=True),
        sa.Column("last", sa.Float(), nullable=True),
        sa.Column("last_at", sa.Float(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("mean", sa.Float(), nullable=True),
        sa.Column("m2", sa.Float(), nullable=True),
        sa.Column("packed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("metric_series_by_name", "metric_series", ["owner", "name"], unique=True)
    op.create_table(
        "objects",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("modified_at", sa.Float(), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "key"),
    )
    op.create_table(
        "records",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("arn", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("modified_at", sa.Float(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lease_holder", sa.String(), server_default="", nullable=False),
        sa.Column("lease_until", sa.Float(), server_default="0", nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("records_by_arn", "records", ["arn"], unique=False)
    op.create_index("records_by_creation", "records", ["kind", "created_at", "id"], unique=False)
    op.create_index("records_by_modification", "records", ["kind", "modified_at", "id"], unique=False)
    op.create_index(
        "records_by_lower_name", "records", ["kind", sa.literal_column("lower(name)")], unique=True
    )
    op.create_index("records_by_name", "records", ["kind", "name"], unique=False)
    op.create_index("records_by_status", "records", ["kind", "status", "id"], unique=False)
    op.create_table(
        "tags",
        sa.Column("arn", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("arn", "key"),
    )
    op.create_index("tags_by_key", "tags", ["key", "value"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("stride", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uploads_by_key", "uploads", ["bucket", "key", "id"], unique=False)
    op.create_table(
        "log_events",
        sa.Column("stream", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ingested_ms", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["log_streams.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream", "at_ms", "position"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "metric_chunks",
        sa.Column("series", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("start_at", sa.Float(), nullable=False),
        sa.Column("end_at", sa.Float(), nullable=False),
        sa.Column("start_step", sa.BigInteger(), nullable=True),
        sa.Column("end_step", sa.BigInteger(), nullable=True),
        sa.Column("stepless", sa.Integer(), nullable=False),
        sa.Column("low", sa.LargeBinary(), nullable=True),
        sa.Column("high", sa.LargeBinary(), nullable=True),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["series"], ["metric_series.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("series", "first"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "parts",
        sa.Column("upload", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("modified_at", sa.Float(), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["upload"], ["uploads.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("upload", "number"),
    )


def downgrade() -> None:
    op.drop_table("parts")
    op.drop_table("metric_chunks")
    op.drop_table("log_events")
    op.drop_index("uploads_by_key", table_name="uploads")
    op.drop_table("uploads")
    op.drop_index("tags_by_key", table_name="tags")
    op.drop_table("tags")
    op.drop_index("records_by_status", table_name="records")
    op.drop_index("records_by_name", table_name="records")
    op.drop_index("records_by_modification", table_name="records")
    op.drop_index("records_by_creation", table_name="records")
    op.drop_index("records_by_arn", table_name="records")
    op.drop_table("records")
    op.drop_table("objects")
    op.drop_index("metric_series_by_name", table_name="metric_series")
    op.drop_table("metric_series")
    op.drop_table("metric_sequences")
    op.drop_index("log_streams_by_name", table_name="log_streams")
    op.drop_index("log_streams_by_last_event", table_name="log_streams")
    op.drop_table("log_streams")
    op.drop_table("log_groups")
    op.drop_table("buckets")
