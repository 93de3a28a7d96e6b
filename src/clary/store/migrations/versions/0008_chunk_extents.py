"""An index that has all of a metric chunk but its points."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "metric_chunks_extents",
        "metric_chunks",
        [
            "series",
            "first",
            "count",
            "start_at",
            "end_at",
            "start_step",
            "end_step",
            "stepless",
            "low",
            "high",
        ],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("metric_chunks_extents", table_name="metric_chunks")
