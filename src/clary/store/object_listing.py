"""One page of keys, with folders rolled up, at the cost of the page and not of the bucket.

    keys     a  b/1  b/2  ...  b/999999  c        prefix "", delimiter "/"
    read     └──┘ └ rolled up: seek to the first key behind "b/" ┘  └┘
    page     a  b/  c

Entries are keys, or common prefixes that stand for all keys below them; both count towards the limit,
and their names ascend in byte order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

FIRST_BATCH = 64
"""Rows read at first where folders may be rolled up; each further read takes four times as many."""

AFTER_SEEK = 4
"""Behind a folder there is often another folder: few rows are enough to see it."""


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


Row = TypeVar("Row", bound=Keyed)

Range = Callable[[bytes, "bytes | None", int], Sequence[Row]]
"""(first key, end of the range or None for no end, how many) to rows in key order."""


@dataclass(slots=True)
class Listing(Generic[Row]):
    """rows: the keys listed by themselves. last: the last entry's name, which the next page comes after."""

    rows: list[Row] = field(default_factory=list)
    common_prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: str = ""

    @property
    def count(self) -> int:
        return len(self.rows) + len(self.common_prefixes)


def list_level(
    read: Range[Row], *, prefix: bytes, delimiter: bytes, after: bytes, limit: int
) -> Listing[Row]:
    """At most ``limit`` (1 or more) entries whose names begin with ``prefix`` and come after ``after``."""
    page: Listing[Row] = Listing()
    position, end = _start(prefix, delimiter, after), behind(prefix)
    count = min(FIRST_BATCH, limit + 1) if delimiter else limit + 1
    while end is None or position < end:
        batch = read(position, end, count)
        rolled_up = False
        for row in batch:
            key = row.key.encode()
            if key < position:
                rolled_up = True
                continue
            if page.count == limit:
                page.truncated = True
                return page
            folder = folder_of(key, prefix, delimiter)
            rolled_up = folder is not None
            if folder is not None:
                page.common_prefixes.append(folder.decode())
                page.last = folder.decode()
                position = behind(folder) or key + b"\0"
            else:
                page.rows.append(row)
                page.last = row.key
                position = key + b"\0"
        if len(batch) < count:
            return page
        count = min(AFTER_SEEK if rolled_up else 4 * count, limit - page.count + 1)
    return page


def _start(prefix: bytes, delimiter: bytes, after: bytes) -> bytes:
    """The first key that can be part of the page."""
    if not after:
        return prefix
    folder = folder_of(after, prefix, delimiter) if after.startswith(prefix) else None
    beginning = behind(folder) if folder is not None else None
    return max(prefix, beginning if beginning is not None else after + b"\0")


def folder_of(key: bytes, prefix: bytes, delimiter: bytes) -> bytes | None:
    """The common prefix that stands for ``key``; None when the key is listed by itself."""
    if not delimiter:
        return None
    found = key.find(delimiter, len(prefix))
    return None if found < 0 else key[: found + len(delimiter)]


def behind(prefix: bytes) -> bytes | None:
    """The first key behind all those that begin with ``prefix``; None when there is no such key."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None
