"""The content of large objects on its way into an archive, and out of one.

    in the archive      at home                      with CLARY_S3
    blobs/ab/cdef...    the file blobs/ab/cdef...    content with a new name there
    behind/ab/cdef...   the same                     the same; where only the database changes, it stays

Rows name content as it was named where they were exported. So what names content is changed with it.
"""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from clary.store.backing.place import known_place
from clary.store.blob_names import backing_name, is_backing, whole
from clary.store.content_rows import is_in_row
from clary.store.schema import object_versions, objects, parts, uploads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from clary.store.backing.content import BackingContent
    from clary.store.backing.reading import BackingReader
    from clary.store.database import Database

PIECE_BYTES = 1 << 20
_NAMING = {table.name: table.c.keys().index("blob") for table in (objects, object_versions, uploads, parts)}
_UPLOAD_OF = {uploads.name: uploads.c.keys().index("id"), parts.name: parts.c.keys().index("upload")}


def backing_contents(
    database: Database, backing: BackingContent | None
) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Yields name, size and content of what lies in the S3 behind Clary. Raises BackingError."""
    if backing is None:
        return
    for table in (objects, object_versions):
        statement = sa.select(table.c.blob, table.c.size).execution_options(yield_per=1000)
        with database.snapshot() as connection:
            for blob, size in connection.execute(statement):
                if is_backing(blob):
                    reader = backing.open(blob, size)
                    try:
                        yield backing_name(blob), size, io.BufferedReader(_Stream(reader, size), PIECE_BYTES)
                    finally:
                        reader.close()


class ArrivingContents:
    """Keeps the contents of an archive, and says what rows have to name them.

    Unfinished uploads in the S3 behind Clary are left out: what was sent of them can't be read.
    """

    def __init__(
        self, folder: Path, database: Database, backing: BackingContent | None, *, place: str, same_keys: bool
    ) -> None:
        """place: the mark of the archive's S3, or empty. same_keys: the archive is of this folder."""
        self._folder = folder
        self._backing = backing
        known = known_place(database)
        self._stays = bool(place) and same_keys and known is not None and known[0] == place
        self._names: dict[str, str] = {}
        self._left_out: set[str] = set()
        self._made: list[Path] = []
        self.left_out = {uploads.name: 0, parts.name: 0}

    def keep(self, name: str, content: IO[bytes], size: int, *, was_behind: bool) -> None:
        """Keeps one content, unless it is there already. Raises BackingError and OSError.

        name: 32 hexadecimal digits. was_behind: it was in an S3, and not in a file.
        """
        if self._backing is None or (self._stays and not was_behind):
            self._keep_file(self._folder / name[:2] / name[2:], content, size)
        elif not self._stays:
            from clary.store.backing.sinks import ContentSink

            sink = ContentSink(self._backing)
            try:
                while block := content.read(PIECE_BYTES):
                    sink.append(block)
                sink.finish()
            except BaseException:
                sink.discard()
                raise
            self._names[name] = sink.blob

    def named(self, table: str, rows: list[list[Any]]) -> list[list[Any]]:
        """Returns rows that name content as it is named here."""
        place = _NAMING.get(table)
        if place is None:
            return rows
        kept = []
        for row in rows:
            blob = str(row[place])
            if not blob or is_in_row(blob) or (is_backing(blob) and self._stays):
                kept.append(row)
            elif table in _UPLOAD_OF and self._is_left_out(table, str(row[_UPLOAD_OF[table]]), blob):
                self.left_out[table] += 1
            else:
                row[place] = self._name_of(blob)
                kept.append(row)
        return kept

    def settle(self, connection: Connection) -> None:
        """In the transaction of the rows."""
        for blob in self._names.values():
            assert self._backing is not None
            self._backing.settle(connection, blob)

    def undo(self) -> None:
        for path in self._made:
            path.unlink(missing_ok=True)
        for blob in self._names.values():
            assert self._backing is not None
            self._backing.give_up(blob)

    def _is_left_out(self, table: str, upload: str, blob: str) -> bool:
        """Uploads come before their parts. Those of files go on where their files are."""
        moves = not self._stays and (is_backing(blob) or self._backing is not None)
        if table == uploads.name and moves:
            self._left_out.add(upload)
        return upload in self._left_out

    def _name_of(self, blob: str) -> str:
        name = backing_name(blob) if is_backing(blob) else whole(blob)
        return name if self._backing is None else self._names.get(name, blob)

    def _keep_file(self, path: Path, content: IO[bytes], size: int) -> None:
        if path.exists() and path.stat().st_size == size:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._made.append(path)
        with path.open("wb") as file:
            while block := content.read(PIECE_BYTES):
                file.write(block)
        path.chmod(0o400)


class _Stream(io.RawIOBase):
    def __init__(self, reader: BackingReader, size: int) -> None:
        self._reader = reader
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        piece = self._reader.read(min(len(target), PIECE_BYTES), self._position)
        target[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
