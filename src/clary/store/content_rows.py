"""The content of small objects: rows of the database, in the caller's transaction.

A file of its own costs a small object two waits for the disk, one for its bytes and one for its name, and
three quarters of the CPU of storing it. A row is written with the row of the object, in one commit.

The table has one row for each object, never shared. ``blob`` names it in the rows of objects, as it names a
file: "#" and the number of the row, which no name of a file begins with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from .prepared import Prepared, PreparedInsert
from .schema import contents as table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

SMALL_BYTES = 32 * 1024
"""The largest content that is kept in a row. SQLite copies it twice, and the log must not grow too fast:
a checkpoint is made after 2,000 changed rows (``checkpoints``), which are 1,000 objects."""

_MARK = "#"


def is_in_row(blob: str) -> bool:
    return blob.startswith(_MARK)


def insert_content(connection: Connection, content: bytes) -> str:
    """Inserts a row. Returns its name."""
    return f"{_MARK}{_INSERT.new_id(connection, {'content': content})}"


def find_content(connection: Connection, blob: str) -> bytes | None:
    """Returns the content of a row; None when it is deleted."""
    content: bytes | None = _FIND.scalar(connection, _place(blob))
    return content


def copy_content(connection: Connection, blob: str) -> str:
    """Inserts a second row with the same content. Returns its name. Raises FileNotFoundError without it."""
    content = find_content(connection, blob)
    if content is None:
        raise FileNotFoundError(f"the content {blob} is deleted")
    return insert_content(connection, content)


def delete_content(connection: Connection, blob: str) -> None:
    _DELETE.execute(connection, _place(blob))


def _place(blob: str) -> dict[str, int]:
    return {"b_id": int(blob.removeprefix(_MARK))}


_THIS = table.c.id == sa.bindparam("b_id")
_INSERT = PreparedInsert(table, ["content"])
_FIND = Prepared(sa.select(table.c.content).where(_THIS))
_DELETE = Prepared(sa.delete(table).where(_THIS))
