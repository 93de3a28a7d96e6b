from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from clary.store.object_listing import FIRST_RANK, Listing, Position, after_entry, list_level

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Row:
    key: str


class Keys:
    """Sorted keys that count the rows read of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.rows = [Row(key) for key in sorted(set(keys), key=str.encode)]
        self.read_rows = 0

    def read(self, first: Position, end: bytes | None, count: int) -> list[Row]:
        found = [
            row
            for row in self.rows
            if (row.key.encode(), 0) >= first and (end is None or row.key.encode() < end)
        ]
        self.read_rows += len(found[:count])
        return found[:count]


letters = st.text(st.sampled_from("ab/ü\U0001f600."), max_size=6)


@given(
    keys=st.lists(letters.filter(bool), max_size=40),
    prefix=letters,
    delimiter=st.sampled_from(["", "/", "a", "b/", "ü"]),
    after=letters,
    limit=st.integers(1, 5),
)
def test_pages_together_are_what_a_naive_listing_says(
    keys: list[str], prefix: str, delimiter: str, after: str, limit: int
) -> None:
    expected = _naive(keys, prefix, delimiter, after)
    source = Keys(keys)

    got: list[tuple[str, bool]] = []
    while True:
        page = _page(source, prefix, delimiter, after, limit)
        entries = [(row.key, False) for row in page.rows] + [(name, True) for name in page.common_prefixes]
        got += sorted(entries, key=lambda entry: entry[0].encode())
        assert page.count <= limit
        if not page.truncated:
            break
        assert page.count == limit
        after = page.last

    assert got == expected


def test_a_huge_folder_costs_no_more_than_a_look() -> None:
    source = Keys([f"a/{number}" for number in range(20_000)] + ["b", "c/1"])

    page = _page(source, "", "/", "", 1000)

    assert page.common_prefixes == ["a/", "c/"]
    assert [row.key for row in page.rows] == ["b"]
    assert source.read_rows < 100


def test_many_folders_are_skipped_one_after_the_other() -> None:
    source = Keys([f"{folder:03}/{number:03}" for folder in range(50) for number in range(100)])

    page = _page(source, "", "/", "", 1000)

    assert len(page.common_prefixes) == 50
    assert source.read_rows < 500


def _page(source: Keys, prefix: str, delimiter: str, after: str, limit: int) -> Listing[Row]:
    return list_level(
        source.read,
        lambda row: (row.key.encode() + b"\0", FIRST_RANK),
        prefix=prefix.encode(),
        delimiter=delimiter.encode(),
        first=after_entry(after.encode(), prefix.encode(), delimiter.encode()),
        limit=limit,
    )


def _naive(keys: list[str], prefix: str, delimiter: str, after: str) -> list[tuple[str, bool]]:
    entries: set[tuple[str, bool]] = set()
    for key in keys:
        if not key.startswith(prefix):
            continue
        found = key.find(delimiter, len(prefix)) if delimiter else -1
        entries.add((key, False) if found < 0 else (key[: found + len(delimiter)], True))
    later = [entry for entry in entries if entry[0].encode() > after.encode()]
    return sorted(later, key=lambda entry: entry[0].encode())
