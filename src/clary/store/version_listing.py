"""Lists one page of versions: by key in byte order, the newest version of a key first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .object_listing import FIRST_RANK, Position, Range, list_level

if TYPE_CHECKING:
    from .version_rows import Ranked


@dataclass(slots=True)
class VersionPage:
    """entries: versions, each with whether it is the latest of its key.

    last_key, last_version: of the last entry; the next page begins after it. A common prefix has no version.
    """

    entries: list[tuple[Ranked, bool]] = field(default_factory=list)
    common_prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last_key: str = ""
    last_version: str = ""

    @property
    def count(self) -> int:
        return len(self.entries) + len(self.common_prefixes)


def list_versions(
    read: Range[Ranked], *, prefix: bytes, delimiter: bytes, first: Position, limit: int
) -> VersionPage:
    """Returns at most ``limit`` (1 or more) entries from ``first`` on whose keys begin with ``prefix``."""
    found = list_level(read, _following, prefix=prefix, delimiter=delimiter, first=first, limit=limit)
    page = VersionPage([], found.common_prefixes, found.truncated, found.last)
    # A page that begins inside of a key begins behind its latest version.
    before = first[0].decode() if first[1] > FIRST_RANK else None
    for row in found.rows:
        page.entries.append((row, row.key != before))
        before = row.key
    if found.rows and found.rows[-1].key == found.last:
        page.last_version = found.rows[-1].stored.version
    return page


def _following(row: Ranked) -> Position:
    return (row.key.encode(), row.rank + 1)
