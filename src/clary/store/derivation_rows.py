"""Queries of the associations of an artifact, in the caller's transaction. Only automatic ones count.

A dataset may have thousands of readers, and each further reader must cost the same. So these statements
test whether an association exists; none reads all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from .dialects import member_is_true
from .links import LinkKind, of_kind
from .prepared import Prepared
from .schema import links as table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

DERIVED_FROM = "DerivedFrom"
PRODUCED, CONTRIBUTED_TO = "Produced", "ContributedTo"


def is_read(connection: Connection, arn: str) -> bool:
    """Whether a component reads the artifact."""
    return _READ.scalar(connection, {"arn": arn}) is not None


def is_written_by_another(connection: Connection, arn: str, place: str) -> bool:
    """Whether a component that does not read the artifact ``arn`` writes the artifact ``place``."""
    return _WRITTEN.scalar(connection, {"arn": arn, "place": place}) is not None


def folders_of(connection: Connection, arn: str) -> set[str]:
    """Returns the ARNs of the artifacts that this one is derived from."""
    return {source for (source,) in _FOLDERS.rows(connection, {"arn": arn})}


def _automatic(link: sa.FromClause, label: str) -> sa.ColumnElement[bool]:
    """Builds the condition that a link is an automatic association with a label."""
    return sa.and_(
        of_kind(link, sa.literal_column(f"'{LinkKind.ASSOCIATION}'")),
        link.c.label == sa.literal_column(f"'{label}'"),
        member_is_true(link.c.attributes, "Automatic"),
    )


_written, _read = table.alias("written"), table.alias("read")
_READ = Prepared(
    sa.select(_read.c.target).where(_read.c.source == sa.bindparam("arn"), _automatic(_read, CONTRIBUTED_TO))
)
_READS_IT = sa.exists().where(
    _read.c.source == sa.bindparam("arn"),
    _read.c.target == _written.c.source,
    _automatic(_read, CONTRIBUTED_TO),
)
_WRITTEN = Prepared(
    sa.select(_written.c.source).where(
        _written.c.target == sa.bindparam("place"), _automatic(_written, PRODUCED), ~_READS_IT
    )
)
_FOLDERS = Prepared(
    sa.select(table.c.source).where(table.c.target == sa.bindparam("arn"), _automatic(table, DERIVED_FROM))
)
