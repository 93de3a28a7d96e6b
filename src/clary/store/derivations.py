"""Derives the origin of a file: if a component wrote the folder of a file, the file comes from the folder.

    writer  ── Produced ──>  s3://b/out/train/  ── DerivedFrom ──>  s3://b/out/train/a.csv  ──>  reader

The nearest folder above the file counts. The order of reader and writer makes no difference. A whole bucket
is no such folder, because its objects come from many writers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .derivation_rows import DERIVED_FROM, folders_of, is_read, is_written_by_another
from .links import LinkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.engine import Connection

    from .links import Links


class Derivations:
    """Keeps the associations between folders and the files in them. Every call may be repeated.

    arn_at: a URI to the ARN of its automatic artifact. location: a URI to the source of its LOCATION links.
    """

    def __init__(self, links: Links, arn_at: Callable[[str], str], location: Callable[[str], str]) -> None:
        self._links = links
        self._arn_at = arn_at
        self._location = location

    def settle(self, read: Iterable[str], written: Iterable[str]) -> set[str]:
        """Updates the associations of URIs whose readers or writers have changed.

        Returns the ARNs of artifacts that lost an association. Call it inside ``Links.changing``.
        """
        outputs = [uri.rstrip("/") for uri in written if uri.startswith("s3://")]
        places = dict.fromkeys(uri.rstrip("/") for uri in read if uri.startswith("s3://"))
        for uri in outputs:
            places[uri] = None
            # No file comes from a whole bucket, so the objects in it need no update.
            if not _is_bucket(uri):
                places.update(dict.fromkeys(self._inside(uri)))
        loose: set[str] = set()
        for uri in places:
            loose |= self._settle(uri)
        return loose

    def _inside(self, folder: str) -> list[str]:
        root = self._location("")
        found = self._links.sources_within(LinkKind.LOCATION, f"{self._location(folder)}/")
        return [source.removeprefix(root) for source in found]

    def _settle(self, uri: str) -> set[str]:
        arn = self._arn_at(uri)
        with self._links.reading as connection:
            present = folders_of(connection, arn)
            wanted = self._origin(connection, arn, uri)
        gone = present - wanted
        for folder in gone:
            self._links.remove(LinkKind.ASSOCIATION, folder, arn)
        for folder in wanted - present:
            self._links.add(
                LinkKind.ASSOCIATION, folder, arn, label=DERIVED_FROM, attributes={"Automatic": True}
            )
        return gone | {arn} if gone else gone

    def _origin(self, connection: Connection, arn: str, uri: str) -> set[str]:
        """Returns the ARN of the folder that an artifact comes from, if any.

        A component that reads the file and writes its folder, as one that works in place does, is not its
        origin.
        """
        if not is_read(connection, arn) or is_written_by_another(connection, arn, arn):
            return set()
        for folder in map(self._arn_at, folders_above(uri)):
            if is_written_by_another(connection, arn, folder):
                return {folder}
        return set()


def folders_above(uri: str) -> Iterator[str]:
    """Yields the folders above a URI, the nearest first, without the bucket."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    parts = key.rstrip("/").split("/")
    for count in range(len(parts) - 1, 0, -1):
        if parts[count - 1]:
            yield f"s3://{bucket}/{'/'.join(parts[:count])}"


def _is_bucket(uri: str) -> bool:
    return "/" not in uri.removeprefix("s3://")
