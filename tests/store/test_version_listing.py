from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from clary.store.object_listing import FIRST_RANK, Position, after_entry
from clary.store.object_rows import StoredObject
from clary.store.version_listing import list_versions
from clary.store.version_rows import Ranked

if TYPE_CHECKING:
    from collections.abc import Sequence

keys = st.text(st.sampled_from("ab/ü"), min_size=1, max_size=5)


@given(
    versions=st.dictionaries(keys, st.integers(1, 4), max_size=12),
    prefix=st.text(st.sampled_from("ab/"), max_size=2),
    delimiter=st.sampled_from(["", "/", "b/"]),
    limit=st.integers(1, 4),
)
def test_pages_together_are_every_version_the_newest_first(
    versions: dict[str, int], prefix: str, delimiter: str, limit: int
) -> None:
    rows = _rows(versions)

    got: list[tuple[str, str, bool]] = []
    first = after_entry(b"", prefix.encode(), delimiter.encode())
    while True:
        page = list_versions(
            lambda first, end, count: _read(rows, first, end, count),
            prefix=prefix.encode(),
            delimiter=delimiter.encode(),
            first=first,
            limit=limit,
        )
        assert page.count <= limit
        entries = [(row.key, row.stored.version, latest) for row, latest in page.entries]
        entries += [(folder, "", False) for folder in page.common_prefixes]
        got += sorted(entries, key=lambda entry: entry[0].encode())
        if not page.truncated:
            break
        assert page.count == limit
        assert (page.last_key, page.last_version) == got[-1][:2]
        if page.last_version:
            first = (page.last_key.encode(), _rank(page.last_version) + 1)
        else:
            first = after_entry(page.last_key.encode(), prefix.encode(), delimiter.encode())

    assert got == _naive(versions, prefix, delimiter)


def _rows(versions: dict[str, int]) -> list[Ranked]:
    """What each key holds now, then its older versions."""
    rows = []
    for key, count in sorted(versions.items(), key=lambda item: item[0].encode()):
        for rank in (FIRST_RANK, *range(1, count)):
            rows.append(Ranked(StoredObject("b", key, "blob", 1, "etag", 0.0, {}, f"v{rank}"), rank))
    return rows


def _rank(version: str) -> int:
    return int(version[1:])


def _read(rows: Sequence[Ranked], first: Position, end: bytes | None, count: int) -> list[Ranked]:
    found = [
        row
        for row in rows
        if (row.key.encode(), row.rank) >= first and (end is None or row.key.encode() < end)
    ]
    return found[:count]


def _naive(versions: dict[str, int], prefix: str, delimiter: str) -> list[tuple[str, str, bool]]:
    entries: list[tuple[str, str, bool]] = []
    for row in _rows(versions):
        if not row.key.startswith(prefix):
            continue
        found = row.key.find(delimiter, len(prefix)) if delimiter else -1
        if found < 0:
            entries.append((row.key, row.stored.version, row.rank == FIRST_RANK))
        else:
            folder = (row.key[: found + len(delimiter)], "", False)
            if folder not in entries:
                entries.append(folder)
    return entries
