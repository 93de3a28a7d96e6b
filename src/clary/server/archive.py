"""A whole installation as one file, which another one is made of: ``clary export`` and ``clary import``.

    manifest.json          version of the tables, region, account
    keys/...               root keys, and what session tokens are sealed with
    blobs/ab/cdef...       the content of large objects, from files
    behind/ab/cdef...      the same from the S3 behind Clary
    tables/<name>/<n>      rows, as CBOR; tables whose rows others name come first
    counts.json            how many of each there are

It is read and written from its beginning to its end, a chunk of rows or a block of a file at a time.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, Any

import cbor2

from clary.server.shared_folder import KIND as SHARED_FOLDER
from clary.server.shared_keys import KIND as SHARED_KEYS
from clary.store.backing.place import DIRECT, known_place
from clary.store.migrate import HEAD
from clary.store.transfer import Filling, NotEmpty, require_empty, rows_of

from .archive_contents import ArrivingContents, backing_contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from clary.server.settings import Settings
    from clary.server.state import StateFolder
    from clary.store.backing.content import BackingContent
    from clary.store.database import Database

FORMAT = 1

KEYS = ("credentials.json", "token.key")
OF_SERVERS = (SHARED_FOLDER, SHARED_KEYS)
"""Kinds of records that the next server writes anew: where content lies, and the keys of its folder."""

LARGEST_CHUNK = 256 << 20
"""A row may have a long log line or document; nothing that was exported comes near this."""

_BLOB = re.compile(r"(blobs|behind)/([0-9a-f]{2})/([0-9a-f]{30})")
_TABLE = re.compile(r"tables/(\w+)/\d+")


class ArchiveRefused(Exception):
    """The archive can't be made, or not be read into this installation; nothing was changed."""


def write_archive(
    file: IO[bytes],
    settings: Settings,
    state: StateFolder,
    database: Database,
    say: Callable[[str], None],
    backing: BackingContent | None = None,
) -> dict[str, int]:
    """Writes an archive. Returns the counts of what is in it. No server may run on the folder.

    backing: the S3 that the settings name, whose content goes into the archive too. Raises BackingError.
    """
    counts: dict[str, int] = {}
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        place = known_place(database)
        manifest = {
            "format": FORMAT,
            "revision": HEAD,
            "region": settings.region,
            "account": settings.account,
            "place": place[0] if place else "",
        }
        _add(archive, "manifest.json", json.dumps(manifest).encode())
        # Made where there are none.
        state.root_credentials(), state.token_key()
        for key in KEYS:
            _add(archive, f"keys/{key}", (state.home / key).read_bytes())
        counts["blobs"] = 0
        for path in _blobs(state.blobs):
            archive.add(path, f"blobs/{path.parent.name}/{path.name}", recursive=False)
            counts["blobs"] += 1
        for name, size, content in backing_contents(database, backing):
            member = tarfile.TarInfo(f"behind/{name[:2]}/{name[2:]}")
            member.size = size
            archive.addfile(member, content)
            counts["blobs"] += 1
        say(f"the content of {counts['blobs']} large objects")
        for number, (table, rows) in enumerate(rows_of(database)):
            _add(archive, f"tables/{table}/{number}", cbor2.dumps(rows))
            counts[table] = counts.get(table, 0) + len(rows)
        _add(archive, "counts.json", json.dumps(counts).encode())
    return counts


def read_archive(
    file: IO[bytes],
    settings: Settings,
    state: StateFolder,
    database: Database,
    say: Callable[[str], None],
    backing: BackingContent | None = None,
) -> dict[str, int]:
    """Fills an empty database and the folder from an archive. Returns the counts.

    backing: the S3 that the settings name, which gets the content of large objects. Raises ArchiveRefused,
    CountsDiffer, BackingError and OSError.
    """
    with database.read() as connection:
        _refuse_full(connection)
    reading = _Reading(settings, state, database, backing, say)
    try:
        with tarfile.open(fileobj=file, mode="r|") as archive, ExitStack() as end:
            return reading.read(_members(archive), end)
    except BaseException as error:
        reading.undo()
        if isinstance(error, tarfile.TarError | KeyError | ValueError | cbor2.CBORDecodeError):
            raise ArchiveRefused(f"the file is not a whole archive of clary export ({error})") from error
        raise


class _Reading:
    """One archive on its way in."""

    def __init__(
        self,
        settings: Settings,
        state: StateFolder,
        database: Database,
        backing: BackingContent | None,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._state = state
        self._database = database
        self._backing = backing
        self._say = say
        self._made: list[Path] = []
        self._place = ""
        self._contents: ArrivingContents | None = None

    def read(self, members: Iterator[tuple[str, IO[bytes], int]], end: ExitStack) -> dict[str, int]:
        """end: closed after the last row. Then everything is kept."""
        blobs = 0
        filling: Filling | None = None
        for number, (name, content, size) in enumerate(members):
            if number == 0:
                manifest = json.loads(content.read(1 << 20))
                _check(name, manifest, self._settings)
                self._place = str(manifest.get("place", ""))
                _check_place(self._place, self._settings)
                continue
            if name.startswith("keys/") and name.removeprefix("keys/") in KEYS:
                _keep_key(self._state.home / name.removeprefix("keys/"), content.read(1 << 20), self._made)
                continue
            contents = self._arriving()
            if found := _BLOB.fullmatch(name):
                # Before the transaction: content in an S3 takes its time, and its names are in the database.
                contents.keep(found[2] + found[3], content, size, was_behind=found[1] == "behind")
                blobs += 1
                continue
            filling = filling or end.enter_context(_filling(self._database))
            if found := _TABLE.fullmatch(name):
                if size > LARGEST_CHUNK:
                    raise ValueError(f"{name} is too large")
                filling.add(found[1], contents.named(found[1], cbor2.loads(content.read())))
            elif name == "counts.json":
                counts: dict[str, int] = json.loads(content.read(1 << 20))
                if counts.get("blobs", 0) != blobs:
                    raise ValueError(f"the content of {blobs} objects in place of {counts.get('blobs', 0)}")
                expected = {table: counts.get(table, 0) - out for table, out in contents.left_out.items()}
                filling.finish({**counts, **expected})
                contents.settle(filling.connection)
                filling.forget(OF_SERVERS)
                self._say(f"{sum(filling.counts.values())} rows and {blobs} large objects are there")
                return counts
            else:
                raise ValueError(f"{name} does not belong there")
        raise ValueError("its end is missing")

    def undo(self) -> None:
        for path in self._made:
            path.unlink(missing_ok=True)
        if self._contents is not None:
            self._contents.undo()

    def _arriving(self) -> ArrivingContents:
        if self._contents is None:
            self._contents = ArrivingContents(
                self._state.blobs,
                self._database,
                self._backing,
                place=self._place,
                same_keys=not self._made,
            )
        return self._contents


def _check_place(place: str, settings: Settings) -> None:
    """place: the mark in the manifest. Raises ArchiveRefused."""
    if place == DIRECT and not settings.s3_direct:
        raise ArchiveRefused(
            "the objects of this archive's installation are in another S3, which clients use directly: "
            "set CLARY_S3 to it, and CLARY_S3_DIRECT=yes"
        )
    if place != DIRECT and settings.s3_direct:
        raise ArchiveRefused(
            "this archive has objects, or had them behind Clary: unset CLARY_S3_DIRECT, which would hide them"
        )


def _check(name: str, manifest: dict[str, Any], settings: Settings) -> None:
    if name != "manifest.json" or manifest.get("format") != FORMAT:
        raise ValueError("it does not begin like one")
    if manifest["revision"] != HEAD:
        raise ArchiveRefused(
            f"the archive has tables of another version ({manifest['revision']}, here is {HEAD}): export and "
            "import with the same Clary"
        )
    for setting in ("region", "account"):
        wanted, present = manifest[setting], getattr(settings, setting)
        if wanted != present:
            raise ArchiveRefused(
                f"the archive is of the {setting} {wanted}, which is in every ARN: "
                f"set CLARY_{setting.upper()}={wanted}"
            )


def _keep_key(path: Path, content: bytes, made: list[Path]) -> None:
    if path.exists():
        if path.read_bytes() != content:
            raise ArchiveRefused(
                f"{path.parent} has other keys than the archive: name an empty folder with --home"
            )
        return
    made.append(path)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(content)


@contextmanager
def _filling(database: Database) -> Iterator[Filling]:
    """One transaction: all rows are kept, or none. Raises ArchiveRefused where there are rows already."""
    with database.write() as connection:
        _refuse_full(connection)
        yield Filling(connection)


def _refuse_full(connection: Connection) -> None:
    try:
        require_empty(connection)
    except NotEmpty as error:
        raise ArchiveRefused(
            f"the database is not empty: {error}. Import into a new one, before its first clary up"
        ) from None


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes], int]]:
    for member in archive:
        content = archive.extractfile(member) if member.isfile() else None
        if content is None:
            raise ValueError(f"{member.name} is no file")
        yield member.name, content, member.size


def _blobs(root: Path) -> Iterator[Path]:
    for folder in sorted(root.glob("[0-9a-f][0-9a-f]")):
        yield from sorted(folder.iterdir())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
