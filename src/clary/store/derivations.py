"""What was read out of a folder that a component wrote: the file comes from the folder.

    writer  ── Produced ──>  s3://b/out/train/  ── DerivedFrom ──>  s3://b/out/train/a.csv  ──>  reader

The nearest folder above counts. It makes no difference which came first, the reader or the writer. A bucket
as a whole is no such folder: what lies anywhere in it has not come from whoever wrote there once.
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
    """Keeps the edges between folders and what lies in them. Every call may be repeated.

    arn_at: a place to the ARN of the artifact that components make there.
    location: a place to where its LOCATION links begin.
    """

    def __init__(self, links: Links, arn_at: Callable[[str], str], location: Callable[[str], str]) -> None:
        self._links = links
        self._arn_at = arn_at
        self._location = location

    def settle(self, read: Iterable[str], written: Iterable[str]) -> set[str]:
        """Makes the edges around places what their readers and writers say by now.

        Answers the ARNs of artifacts that lost an edge. Call with ``Links.changing`` held.
        """
        outputs = [uri.rstrip("/") for uri in written if uri.startswith("s3://")]
        places = dict.fromkeys(uri.rstrip("/") for uri in read if uri.startswith("s3://"))
        for uri in outputs:
            places[uri] = None
            # Nothing comes from a bucket, so what lies in it need not be looked through.
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
        for gone in present - wanted:
            self._links.remove(LinkKind.ASSOCIATION, gone, arn)
        for new in wanted - present:
            self._links.add(
                LinkKind.ASSOCIATION, new, arn, label=DERIVED_FROM, attributes={"Automatic": True}
            )
        return present - wanted | ({arn} if present - wanted else set())

    def _origin(self, connection: Connection, arn: str, uri: str) -> set[str]:
        """The folder that an artifact came out of, if any.

        A component that reads a file of the folder it writes, as one that works in place does, is not where
        the file comes from.
        """
        if not is_read(connection, arn) or is_written_by_another(connection, arn, arn):
            return set()
        for folder in map(self._arn_at, folders_above(uri)):
            if is_written_by_another(connection, arn, folder):
                return {folder}
        return set()


def folders_above(uri: str) -> Iterator[str]:
    """The folders that something in S3 lies in, the nearest first; not the bucket."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    parts = key.rstrip("/").split("/")
    for count in range(len(parts) - 1, 0, -1):
        if parts[count - 1]:
            yield f"s3://{bucket}/{'/'.join(parts[:count])}"


def _is_bucket(uri: str) -> bool:
    return "/" not in uri.removeprefix("s3://")
