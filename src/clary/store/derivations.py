"""What was read out of a folder that a component wrote: the file comes from the folder.

    writer  ── Produced ──>  s3://b/out/train/  ── DerivedFrom ──>  s3://b/out/train/a.csv  ──>  reader

The nearest folder above counts. It makes no difference which came first, the reader or the writer. A bucket
as a whole is no such folder: what lies anywhere in it has not come from whoever wrote there once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .links import LinkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .links import Link, Links

DERIVED_FROM = "DerivedFrom"
PRODUCED, CONTRIBUTED_TO = "Produced", "ContributedTo"

MOST_AT_ONCE = 200
"""Places whose links are read together."""


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
        ordered, loose = list(places), set[str]()
        for first in range(0, len(ordered), MOST_AT_ONCE):
            loose |= self._settle(ordered[first : first + MOST_AT_ONCE])
        return loose

    def _inside(self, folder: str) -> list[str]:
        root = self._location("")
        found = self._links.sources_within(LinkKind.LOCATION, f"{self._location(folder)}/")
        return [source.removeprefix(root) for source in found]

    def _settle(self, places: list[str]) -> set[str]:
        above = {uri: [self._arn_at(folder) for folder in folders_above(uri)] for uri in places}
        arns = {uri: self._arn_at(uri) for uri in places}
        ends = dict.fromkeys([*arns.values(), *(arn for folders in above.values() for arn in folders)])
        coming = _automatic(self._links.to_each(LinkKind.ASSOCIATION, list(ends)))
        going = _automatic(self._links.from_each(LinkKind.ASSOCIATION, list(arns.values())))
        writers = _grouped((link.target, link.source) for link in coming if link.label == PRODUCED)
        readers = _grouped((link.source, link.target) for link in going if link.label == CONTRIBUTED_TO)
        present = _grouped((link.target, link.source) for link in coming if link.label == DERIVED_FROM)
        loose: set[str] = set()
        for uri, arn in arns.items():
            wanted = _origin(arn, above[uri], writers, readers.get(arn, set()))
            for gone in present.get(arn, set()) - wanted:
                self._links.remove(LinkKind.ASSOCIATION, gone, arn)
                loose |= {gone, arn}
            for new in wanted - present.get(arn, set()):
                self._links.add(
                    LinkKind.ASSOCIATION, new, arn, label=DERIVED_FROM, attributes={"Automatic": True}
                )
        return loose


def folders_above(uri: str) -> Iterator[str]:
    """The folders that something in S3 lies in, the nearest first; not the bucket."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    parts = key.rstrip("/").split("/")
    for count in range(len(parts) - 1, 0, -1):
        if parts[count - 1]:
            yield f"s3://{bucket}/{'/'.join(parts[:count])}"


def _origin(arn: str, above: list[str], writers: dict[str, set[str]], readers: set[str]) -> set[str]:
    """The folder that an artifact came out of, if any.

    A component that reads a file of the folder it writes, as one that works in place does, is not where
    the file comes from.
    """
    if not readers or writers.get(arn, set()) - readers:
        return set()
    return set(next(([folder] for folder in above if writers.get(folder, set()) - readers), []))


def _is_bucket(uri: str) -> bool:
    return "/" not in uri.removeprefix("s3://")


def _automatic(links: list[Link]) -> list[Link]:
    return [link for link in links if link.attributes.get("Automatic")]


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return found
