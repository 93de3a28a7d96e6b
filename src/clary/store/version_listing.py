"""One page of versions: by key in byte order, the newest version of a key first, folders rolled up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .object_listing import AFTER_SEEK, FIRST_BATCH, behind, folder_of
from .version_rows import CURRENT, Ranked

Place = tuple[bytes, int]
"""A key, and a rank among its versions."""

Range = Callable[[Place, "bytes | None", int], Sequence[Ranked]]
"""(first place, end of the keys or None for no end, how many) to versions in order."""


@dataclass(slots=True)
class VersionPage:
    """entries: each with whether it is the latest of its key.

    last_key, last_version: of the last entry, which the next page comes after; a folder has no version.
    """

    entries: list[tuple[Ranked, bool]] = field(default_factory=list)
    common_prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last_key: str = ""
    last_version: str = ""

    @property
    def count(self) -> int:
        return len(self.entries) + len(self.common_prefixes)


def list_versions(read: Range, *, prefix: bytes, delimiter: bytes, first: Place, limit: int) -> VersionPage:
    """At most ``limit`` (1 or more) entries from ``first`` on whose keys begin with ``prefix``."""
    page = VersionPage()
    end = behind(prefix)
    position = max(first, (prefix, CURRENT))
    # A page that begins inside of a key begins behind its latest version.
    seen = position[0] if position[1] > CURRENT else None
    count = min(FIRST_BATCH, limit + 1) if delimiter else limit + 1
    while end is None or position[0] < end:
        batch = read(position, end, count)
        rolled_up = False
        for row in batch:
            key = row.key.encode()
            if (key, row.rank) < position:
                rolled_up = True
                continue
            if page.count == limit:
                page.truncated = True
                return page
            folder = folder_of(key, prefix, delimiter)
            rolled_up = folder is not None
            if folder is not None:
                page.common_prefixes.append(folder.decode())
                page.last_key, page.last_version = folder.decode(), ""
                position = (behind(folder) or key + b"\0", CURRENT)
            else:
                page.entries.append((row, key != seen))
                page.last_key, page.last_version = row.key, row.stored.version
                position, seen = (key, row.rank + 1), key
        if len(batch) < count:
            return page
        count = min(AFTER_SEEK if rolled_up else 4 * count, limit - page.count + 1)
    return page


def after_key(key: bytes, prefix: bytes, delimiter: bytes) -> Place:
    """The first place behind all versions of a key, or of a folder that a page ended with."""
    if not key:
        return (prefix, CURRENT)
    folder = folder_of(key, prefix, delimiter) if key.startswith(prefix) else None
    beginning = behind(folder) if folder is not None else None
    return (beginning if beginning is not None else key + b"\0", CURRENT)
