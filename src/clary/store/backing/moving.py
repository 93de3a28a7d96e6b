"""Moves the content of all objects to the S3 behind Clary, or from there into files.

Each object is moved by itself: its content is written to the new place, then its row says so, in one
transaction, if it still has the old content. So it may end at any moment and go on later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from clary.store.blob_names import is_backing
from clary.store.content_rows import is_in_row
from clary.store.file_sink import FileSink
from clary.store.schema import object_versions, objects, uploads

from .place import forget_place
from .sinks import ContentSink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from clary.store.database import Database
    from clary.store.object_contents import ObjectContents
    from clary.store.staging import Sink

    from .content import BackingContent
    from .reading import BackingReader

PIECE_BYTES = 1 << 20
PAGE = 500


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an object or a version names content."""

    bucket: str
    key: bytes
    blob: str
    size: int


class UnfinishedUploads(Exception):
    """Uploads in parts are in the S3: they can't be moved; the message says how many."""


def move_there(
    database: Database, contents: ObjectContents, backing: BackingContent, say: Callable[[int, int], None]
) -> None:
    """Moves content of files to the S3. say: is given objects and bytes that were moved so far."""
    moved = moved_bytes = 0
    for place in _places(database, lambda blob: not is_backing(blob)):
        with open(contents.files.path(place.blob), "rb") as file:
            _move(database, contents, place, ContentSink(backing), iter(partial(file.read, PIECE_BYTES), b""))
        moved, moved_bytes = moved + 1, moved_bytes + place.size
        say(moved, moved_bytes)


def move_back(
    database: Database, contents: ObjectContents, backing: BackingContent, say: Callable[[int, int], None]
) -> None:
    """Moves content of the S3 into files. Then the database has nothing there. Raises UnfinishedUploads."""
    with database.read() as connection:
        unfinished = sum(is_backing(blob) for (blob,) in connection.execute(sa.select(uploads.c.blob)))
    if unfinished:
        raise UnfinishedUploads(
            f"{unfinished} uploads in parts are not finished: complete or abort them first"
        )
    moved = moved_bytes = 0
    for place in _places(database, is_backing):
        reader = backing.open(place.blob, place.size)
        try:
            pieces = _pieces(reader)
            _move(database, contents, place, FileSink.in_new_file(contents.files), pieces)
        finally:
            reader.close()
        moved, moved_bytes = moved + 1, moved_bytes + place.size
        say(moved, moved_bytes)
    backing.drain()
    forget_place(database)


def _pieces(reader: BackingReader) -> Iterator[bytes]:
    position = 0
    while piece := reader.read(PIECE_BYTES, position):
        yield piece
        position += len(piece)


def _places(database: Database, wanted: Callable[[str], bool]) -> Iterator[_Place]:
    """Yields the wanted content of objects and of older versions, once each."""
    for table in (objects, object_versions):
        keys = list(table.primary_key.columns)
        last: tuple[object, ...] | None = None
        while True:
            query = sa.select(table.c.blob, table.c.size, *keys).order_by(*keys).limit(PAGE)
            if last is not None:
                query = query.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, last)))
            with database.read() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                if row.blob and not is_in_row(row.blob) and wanted(row.blob):
                    yield _Place(row.bucket, bytes(row.key), row.blob, row.size)
            if len(rows) < PAGE:
                break
            last = tuple(rows[-1][2:])


def _move(
    database: Database, contents: ObjectContents, place: _Place, sink: Sink, pieces: Iterator[bytes]
) -> None:
    try:
        for piece in pieces:
            sink.append(piece)
        sink.finish()
        with contents.changing() as (connection, remove):
            sink.settle(connection)
            if not sum(_renamed(connection, table, place, sink.blob) for table in (objects, object_versions)):
                raise _Gone
            remove(place.blob)
    except _Gone:
        # The object was deleted meanwhile.
        sink.discard()
    except BaseException:
        sink.discard()
        raise
    else:
        sink.kept()
    database.sync_log()


def _renamed(connection: Connection, table: sa.Table, place: _Place, blob: str) -> int:
    """Names content anew in the row that has it, which may have become an older version meanwhile."""
    at = (table.c.bucket == place.bucket, table.c.key == place.key, table.c.blob == place.blob)
    return connection.execute(sa.update(table).where(*at).values(blob=blob)).rowcount


class _Gone(Exception):
    pass
