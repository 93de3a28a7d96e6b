from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.databases import open_database

from clary.domain.errors import NotFound
from clary.store.logs import LogStore

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_790_000_000.0

fresh = itertools.count()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[LogStore]:
    database = open_database(tmp_path_factory.mktemp("lines") / "clary.db")
    yield LogStore(database)
    database.close()


# Few times, so that several lines of several streams share a millisecond.
events = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=30)


@settings(max_examples=80, deadline=None)
@given(events=events, first=st.integers(0, 31), base=st.sampled_from([0, 10**12]))
def test_lines_from_a_number_are_those_of_the_whole_log(
    logs: LogStore, events: list[tuple[str, int]], first: int, base: int
) -> None:
    group = f"group-{next(fresh)}"
    logs.create_group(group, NOW)
    for name in "abc":
        logs.create_stream(group, name, NOW)
    expected = []
    for name in "abc":
        times = sorted(at for each, at in events if each == name)
        for number, at in enumerate(times):
            logs.append(group, name, [(base + at, f"{name}{number}")], NOW, steady=True)
            expected.append((base + at, name, number))
    expected.sort()

    with logs.lines(group, ["a", "b", "c"], first) as (total, lines):
        found = list(lines)

    assert total == len(events)
    assert [line.message for line in found] == [f"{name}{number}" for _, name, number in expected[first:]]
    assert [line.number for line in found] == list(range(first, len(events)))
    assert ["abc"[line.stream] for line in found] == [name for _, name, _ in expected[first:]]


def test_lines_that_were_removed_keep_their_numbers(logs: LogStore) -> None:
    logs.create_group("short", NOW, attributes={"retentionInDays": 1})
    logs.create_stream("short", "s", NOW)
    old, new = int(NOW * 1000) - 2 * 86_400_000, int(NOW * 1000)
    logs.append("short", "s", [(old, "old"), (old, "old"), (new, "new")], NOW)
    logs.expire(NOW)

    with logs.lines("short", ["s"], 0) as (total, lines):
        found = list(lines)

    assert (total, [(line.number, line.message) for line in found]) == (3, [(2, "new")])


def test_an_unknown_stream_is_not_found(logs: LogStore) -> None:
    logs.create_group("few", NOW)

    with pytest.raises(NotFound), logs.lines("few", ["none"], 0):
        pass
