"""Facets: what Search filters and sorts by. The first search writes those of the records of before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = ("training-job", "experiment", "experiment-trial", "experiment-trial-component")


def upgrade() -> None:
    op.create_table(
        "facet_paths",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("facet_paths_by_folded", "facet_paths", ["kind", "folded"], unique=False)
    op.create_index("facet_paths_by_path", "facet_paths", ["kind", "path"], unique=True)
    op.create_table(
        "facets",
        sa.Column("record", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("path", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("string", sa.String(), nullable=True),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("lead", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record", "path", "place"),
        sqlite_with_rowid=False,
    )
    for column in ("number", "string"):
        op.create_index(
            f"facets_by_{column}",
            "facets",
            ["path", column, "record", "lead"],
            unique=False,
            sqlite_where=sa.text(f"{column} IS NOT NULL"),
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_table(
        "stale_facets",
        sa.Column("record", ROW_ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("record"),
    )
    of_kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    op.execute(f"INSERT INTO stale_facets SELECT id FROM records WHERE kind IN ({of_kinds})")


def downgrade() -> None:
    op.drop_table("stale_facets")
    op.drop_index("facets_by_string", table_name="facets")
    op.drop_index("facets_by_number", table_name="facets")
    op.drop_table("facets")
    op.drop_index("facet_paths_by_path", table_name="facet_paths")
    op.drop_index("facet_paths_by_folded", table_name="facet_paths")
    op.drop_table("facet_paths")
