from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.databases import open_database

from clary.store.logs import LogStore, Search
from clary.store.logs import search as module

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_790_000_000.0

fresh = itertools.count()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[LogStore]:
    database = open_database(tmp_path_factory.mktemp("logs") / "clary.db")
    yield LogStore(database)
    database.close()


def group_of(logs: LogStore, lines: list[tuple[str, int, str]]) -> str:
    """A new group with (stream, at_ms, message) lines."""
    group = f"group-{next(fresh)}"
    logs.create_group(group, NOW)
    for stream, at_ms, message in lines:
        logs.create_stream(group, stream, NOW, exist_ok=True)
        logs.append(group, stream, [(at_ms, message)], NOW)
    return group


def wanted(
    *,
    part: str = "",
    after: tuple[int, int, int] | None = None,
    backwards: bool = False,
    limit: int = 1000,
    start_ms: int = 0,
    end_ms: int = 10**15,
    max_bytes: int = 10**9,
) -> Search:
    return Search(lambda message: part in message, start_ms, end_ms, after, backwards, limit, max_bytes)


# Few times and few streams, so that pages end in the middle of a millisecond that streams share.
lines = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 3), st.sampled_from(["yes", "yes", "no"])),
    min_size=6,
    max_size=30,
)
windows = st.sampled_from([(0, 9), (0, 9), (1, 3), (2, 9), (3, 1)])


@settings(max_examples=60, deadline=None)
@given(
    lines=lines,
    limit=st.integers(1, 4),
    backwards=st.booleans(),
    window=windows,
)
def test_pages_put_together_are_the_matching_lines_by_time(
    logs: LogStore, lines: list[tuple[str, int, str]], limit: int, backwards: bool, window: tuple[int, int]
) -> None:
    group = group_of(logs, lines)
    start_ms, end_ms = window

    found: list[tuple[int, str, int]] = []
    after = None
    while True:
        page = logs.search(
            group,
            wanted(
                part="yes", after=after, backwards=backwards, limit=limit, start_ms=start_ms, end_ms=end_ms
            ),
        )
        assert len(page.events) <= limit
        found += [(hit.event.at_ms, hit.stream, hit.event.position) for hit in page.events]
        assert len(found) <= len(lines)
        after = page.resume
        if after is None:
            break

    counts: dict[str, int] = {}
    expected = []
    for stream, at_ms, message in lines:
        counts[stream] = counts.get(stream, 0) + 1
        if message == "yes" and start_ms <= at_ms < end_ms:
            expected.append((at_ms, stream, counts[stream]))
    assert sorted(found) == sorted(expected)
    times = [at_ms for at_ms, *_ in found]
    assert times == sorted(times, reverse=backwards)


def test_a_rare_pattern_answers_with_an_empty_page_and_a_way_on(
    logs: LogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SCANNED_PER_PAGE", 10)
    group = group_of(logs, [("a", at, "no") for at in range(15)] + [("a", 99, "yes")])

    first = logs.search(group, wanted(part="yes"))
    second = logs.search(group, wanted(part="yes", after=first.resume))

    assert first.events == []
    assert first.resume is not None
    assert [hit.event.at_ms for hit in second.events] == [99]
    assert second.resume is None


def test_a_page_ends_before_its_bytes_are_exceeded_and_skips_nothing(logs: LogStore) -> None:
    group = group_of(logs, [("a", at, "x" * 74) for at in range(5)])

    first = logs.search(group, wanted(max_bytes=250))
    second = logs.search(group, wanted(after=first.resume))

    assert [hit.event.at_ms for hit in first.events] == [0, 1]
    assert [hit.event.at_ms for hit in second.events] == [2, 3, 4]


def test_streams_are_chosen_by_name_or_by_prefix(logs: LogStore) -> None:
    group = group_of(logs, [("job/1", 1, ""), ("job/2", 2, ""), ("other", 3, "")])

    assert {hit.stream for hit in logs.search(group, wanted(), prefix="job/").events} == {"job/1", "job/2"}
    assert {hit.stream for hit in logs.search(group, wanted(), names=["other", "job/2"]).events} == {
        "other",
        "job/2",
    }


def test_a_stream_longer_than_one_query_is_read_to_its_end(logs: LogStore) -> None:
    group = f"group-{next(fresh)}"
    logs.create_group(group, NOW)
    logs.create_stream(group, "long", NOW)
    logs.append(group, "long", [(7, str(number)) for number in range(1000)], NOW)

    found = logs.search(group, wanted())

    assert [hit.event.message for hit in found.events] == [str(number) for number in range(1000)]
