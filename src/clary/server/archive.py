"""A whole installation as one file, which another one is made of: ``clary export`` and ``clary import``.

    manifest.json          version of the tables, region, account
    keys/...               root keys, and what session tokens are sealed with
    blobs/ab/cdef...       the content of large objects
    tables/<name>/<n>      rows, as CBOR; tables whose rows others name come first
    counts.json            how many of each there are

It is read and written from its beginning to its end, a chunk of rows or a block of a file at a time.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import cbor2

from clary.store.migrate import HEAD
from clary.store.transfer import Filling, NotEmpty, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clary.server.settings import Settings
    from clary.server.state import StateFolder
    from clary.store.database import Database

FORMAT = 1

KEYS = ("credentials.json", "token.key")

LARGEST_CHUNK = 256 << 20
"""A row may have a long log line or document; nothing that was exported comes near this."""

_BLOB = re.compile(r"blobs/([0-9a-f]{2}/[0-9a-f]{30})")
_TABLE = re.compile(r"tables/(\w+)/\d+")


class ArchiveRefused(Exception):
    """The archive can't be made, or not be read into this installation; nothing was changed."""


def write_archive(
    file: IO[bytes], settings: Settings, state: StateFolder, database: Database, say: Callable[[str], None]
) -> dict[str, int]:
    """Writes an archive. Returns the counts of what is in it. No server may run on the folder."""
    counts: dict[str, int] = {}
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        manifest = {
            "format": FORMAT,
            "revision": HEAD,
            "region": settings.region,
            "account": settings.account,
        }
        _add(archive, "manifest.json", json.dumps(manifest).encode())
        # Made where there are none.
        state.root_credentials(), state.token_key()
        for key in KEYS:
            _add(archive, f"keys/{key}", (state.home / key).read_bytes())
        for path in _blobs(state.blobs):
            archive.add(path, f"blobs/{path.parent.name}/{path.name}", recursive=False)
            counts["blobs"] = counts.get("blobs", 0) + 1
        say(f"{counts.get('blobs', 0)} files of objects")
        for number, (table, rows) in enumerate(rows_of(database)):
            _add(archive, f"tables/{table}/{number}", cbor2.dumps(rows))
            counts[table] = counts.get(table, 0) + len(rows)
        _add(archive, "counts.json", json.dumps(counts).encode())
    return counts


def read_archive(
    file: IO[bytes], settings: Settings, state: StateFolder, database: Database, say: Callable[[str], None]
) -> dict[str, int]:
    """Fills an empty database and the folder from an archive. Returns the counts. Raises ArchiveRefused."""
    made: list[Path] = []
    try:
        with tarfile.open(fileobj=file, mode="r|") as archive, _filling(database) as filling:
            return _read(_members(archive), settings, state, filling, made, say)
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, tarfile.TarError | KeyError | ValueError | cbor2.CBORDecodeError):
            raise ArchiveRefused(f"the file is not a whole archive of clary export ({error})") from error
        raise


def _read(
    members: Iterator[tuple[str, IO[bytes], int]],
    settings: Settings,
    state: StateFolder,
    filling: Filling,
    made: list[Path],
    say: Callable[[str], None],
) -> dict[str, int]:
    """made: gets every file that is new."""
    blobs = 0
    for number, (name, content, size) in enumerate(members):
        if number == 0:
            _check(name, json.loads(content.read(1 << 20)), settings)
        elif name.startswith("keys/") and name.removeprefix("keys/") in KEYS:
            _keep_key(state.home / name.removeprefix("keys/"), content.read(1 << 20), made)
        elif found := _BLOB.fullmatch(name):
            _keep_blob(state.blobs / found[1], content, size, made)
            blobs += 1
        elif found := _TABLE.fullmatch(name):
            if size > LARGEST_CHUNK:
                raise ValueError(f"{name} is too large")
            filling.add(found[1], cbor2.loads(content.read()))
        elif name == "counts.json":
            counts: dict[str, int] = json.loads(content.read(1 << 20))
            if counts.get("blobs", 0) != blobs:
                raise ValueError(f"{blobs} files of objects in place of {counts.get('blobs', 0)}")
            filling.finish(counts)
            say(f"{sum(filling.counts.values())} rows and {blobs} files of objects are there")
            return counts
        else:
            raise ValueError(f"{name} does not belong there")
    raise ValueError("its end is missing")


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


def _keep_blob(path: Path, content: IO[bytes], size: int, made: list[Path]) -> None:
    """A file that is there already, as where an installation changes its database, is left as it is."""
    if path.exists() and path.stat().st_size == size:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    made.append(path)
    with path.open("wb") as file:
        while block := content.read(1 << 20):
            file.write(block)
    path.chmod(0o400)


@contextmanager
def _filling(database: Database) -> Iterator[Filling]:
    """One transaction: all rows are kept, or none. Raises ArchiveRefused where there are rows already."""
    with database.write() as connection:
        try:
            filling = Filling(connection)
        except NotEmpty as error:
            raise ArchiveRefused(
                f"the database is not empty: {error}. Import into a new one, before its first clary up"
            ) from None
        yield filling


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
