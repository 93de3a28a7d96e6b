"""The statements of records. Every request and every step of a job uses some, so they are compiled once."""

from __future__ import annotations

import sqlalchemy as sa

from .prepared import Prepared, PreparedInsert
from .schema import records as table

_INSERTED = ["kind", "name", "arn", "status", "created_at", "modified_at", "version", "document"]
INSERT = PreparedInsert(table, _INSERTED)
_NAMED = sa.and_(table.c.kind == sa.bindparam("kind"), table.c.name == sa.bindparam("name"))
FIND = Prepared(sa.select(table.c.document, table.c.id).where(_NAMED))
FIND_BY_ARN = Prepared(sa.select(table.c.document).where(table.c.arn == sa.bindparam("arn")))
HELD = Prepared(sa.select(table.c.lease_holder, table.c.lease_until).where(_NAMED))
DELETE = Prepared(sa.delete(table).where(_NAMED))
# In an UPDATE the names of columns are reserved for the new values.
_OF = sa.and_(table.c.kind == sa.bindparam("of_kind"), table.c.name == sa.bindparam("of_name"))
TAKE = Prepared(
    sa.update(table)
    .where(
        _OF,
        sa.or_(table.c.lease_holder.like(sa.bindparam("mine")), table.c.lease_until <= sa.bindparam("now")),
    )
    .values(lease_holder=sa.bindparam("token"), lease_until=sa.bindparam("until"))
)
_CHANGES = {
    "document": sa.bindparam("changed"),
    "modified_at": sa.bindparam("now"),
    "version": table.c.version + sa.literal_column("1"),
}
WRITE = Prepared(sa.update(table).where(_OF).values(_CHANGES))
WRITE_STATUS = Prepared(
    sa.update(table).where(_OF).values({**_CHANGES, "status": sa.bindparam("new_status")})
)
