"""Lists one page of keys, with common prefixes. The cost depends on the page, not on the bucket.

    keys     a  b/1  b/2  ...  b/999999  c        prefix "", delimiter "/"
    read     └──┘ └ one prefix: seek to the first key behind "b/"┘  └┘
    page     a  b/  c

An entry is a key, or a common prefix in place of all keys below it. Both count towards the limit, and are
sorted together in byte order. The same loop lists versions: there a key has several rows, the newest
version first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

FIRST_BATCH = 64
"""Rows of the first read if there is a delimiter; each further read takes four times as many."""

AFTER_SEEK = 4
"""Behind a common prefix there is often another one: few rows are enough to find it."""


FIRST_RANK = -(2**62)
"""The rank of the current object of a key: before all other versions of the key."""

Position = tuple[bytes, int]
"""A key, and a rank among the versions of the key."""


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


Row = TypeVar("Row", bound=Keyed)

Range = Callable[[Position, "bytes | None", int], Sequence[Row]]
"""(first position, end of the keys or None for no end, how many) to rows in order."""


@dataclass(slots=True)
class Listing(Generic[Row]):
    """rows: the keys of the page. last: the name of the last entry, after which the next page begins."""

    rows: list[Row] = field(default_factory=list)
    common_prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: str = ""

    @property
    def count(self) -> int:
        return len(self.rows) + len(self.common_prefixes)


def list_level(
    read: Range[Row],
    following: Callable[[Row], Position],
    *,
    prefix: bytes,
    delimiter: bytes,
    first: Position,
    limit: int,
) -> Listing[Row]:
    """Returns at most ``limit`` (1 or more) entries from ``first`` on whose names begin with ``prefix``.

    following: returns the position right behind a row.
    """
    page: Listing[Row] = Listing()
    position, end = max(first, (prefix, FIRST_RANK)), behind(prefix)
    count = min(FIRST_BATCH, limit + 1) if delimiter else limit + 1
    left = limit
    seek_to = b""
    while end is None or position[0] < end:
        batch = read(position, end, count)
        rolled_up = False
        for row in batch:
            key = row.key.encode()
            if key < seek_to:
                rolled_up = True
                continue
            if left == 0:
                page.truncated = True
                return page
            left -= 1
            folder = folder_of(key, prefix, delimiter)
            rolled_up = folder is not None
            if folder is not None:
                page.last = folder.decode()
                page.common_prefixes.append(page.last)
                seek_to = behind(folder) or key + b"\0"
            else:
                page.last = row.key
                page.rows.append(row)
        if len(batch) < count:
            return page
        position = (seek_to, FIRST_RANK) if rolled_up else following(batch[-1])
        count = min(AFTER_SEEK if rolled_up else 4 * count, left + 1)
    return page


def after_entry(name: bytes, prefix: bytes, delimiter: bytes) -> Position:
    """Returns the first position behind an entry: behind all versions of a key, or keys of a common prefix.

    name: of the entry; empty for the first position of the list.
    """
    if not name:
        return (prefix, FIRST_RANK)
    folder = folder_of(name, prefix, delimiter) if name.startswith(prefix) else None
    beginning = behind(folder) if folder is not None else None
    return (beginning if beginning is not None else name + b"\0", FIRST_RANK)


def folder_of(key: bytes, prefix: bytes, delimiter: bytes) -> bytes | None:
    """Returns the common prefix of a key; None when the key itself is listed."""
    if not delimiter:
        return None
    found = key.find(delimiter, len(prefix))
    return None if found < 0 else key[: found + len(delimiter)]


def behind(prefix: bytes) -> bytes | None:
    """Returns the first key behind all keys that begin with ``prefix``; None when there is none."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None
