"""Which host a series' last value and waiting points are of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Values of before are of no host that is known: the next point of any host replaces them.
    op.add_column("metric_series", sa.Column("last_host", sa.Integer(), nullable=True))
    op.add_column("metric_inbox", sa.Column("host", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("metric_inbox", "host")
    op.drop_column("metric_series", "last_host")
