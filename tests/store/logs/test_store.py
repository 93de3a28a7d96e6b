from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.databases import as_kept, open_database

from clary.domain.errors import Conflict, NotFound
from clary.store.logs import EventPosition, LogStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = "/aws/sagemaker/TrainingJobs"
NOW = 1_790_000_000.0
NOW_MS = int(NOW * 1000)

fresh = itertools.count()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[LogStore]:
    database = open_database(tmp_path_factory.mktemp("logs") / "clary.db")
    store = LogStore(database)
    store.create_group(GROUP, NOW)
    yield store
    database.close()


@pytest.fixture
def stream(logs: LogStore) -> str:
    return new_stream(logs)


def new_stream(logs: LogStore) -> str:
    name = f"job-{next(fresh)}/algo-1"
    logs.create_stream(GROUP, name, NOW)
    return name


def messages(logs: LogStore, stream: str) -> list[str]:
    return [event.message for event in logs.read(GROUP, stream)]


def test_lines_of_one_millisecond_keep_their_order_of_arrival(logs: LogStore, stream: str) -> None:
    logs.append(GROUP, stream, [(5, "a"), (5, "b")], NOW)
    logs.append(GROUP, stream, [(5, "c"), (6, "d")], NOW)

    assert messages(logs, stream) == ["a", "b", "c", "d"]


def test_a_line_that_comes_late_is_read_at_its_time(logs: LogStore, stream: str) -> None:
    logs.append(GROUP, stream, [(10, "later")], NOW)
    logs.append(GROUP, stream, [(1, "earlier")], NOW)

    assert messages(logs, stream) == ["earlier", "later"]


def test_a_steady_sender_keeps_its_order_when_its_clock_steps_back(logs: LogStore, stream: str) -> None:
    logs.append(GROUP, stream, [(10, "first")], NOW, steady=True)
    logs.append(GROUP, stream, [(3, "second"), (4, "third"), (12, "fourth")], NOW, steady=True)

    read = logs.read(GROUP, stream)
    assert [(event.at_ms, event.message) for event in read] == [
        (10, "first"),
        (10, "second"),
        (10, "third"),
        (12, "fourth"),
    ]


def test_append_counts_what_the_stream_has_accepted(logs: LogStore, stream: str) -> None:
    assert logs.append(GROUP, stream, [(1, "a"), (2, "b")], NOW, expected_position=0) == 2
    assert logs.append(GROUP, stream, [(3, "c")], NOW, expected_position=2) == 3


@pytest.mark.parametrize(
    ("position", "code"),
    [
        (0, "DataAlreadyAcceptedException"),
        (1, "DataAlreadyAcceptedException"),
        (3, "InvalidSequenceTokenException"),
    ],
)
def test_a_batch_at_the_wrong_position_is_refused_and_told_the_right_one(
    logs: LogStore, stream: str, position: int, code: str
) -> None:
    logs.append(GROUP, stream, [(1, "a"), (2, "b")], NOW)

    with pytest.raises(Conflict) as refused:
        logs.append(GROUP, stream, [(3, "c")], NOW, expected_position=position)

    assert (refused.value.code, refused.value.members) == (code, {"expectedSequenceToken": "2"})
    assert messages(logs, stream) == ["a", "b"]


def test_lines_are_there_after_the_database_is_opened_again(tmp_path: Path) -> None:
    database = open_database(tmp_path / "clary.db")
    store = LogStore(database)
    store.create_group(GROUP, NOW)
    store.create_stream(GROUP, "s", NOW)
    store.append(GROUP, "s", [(1, "kept")], NOW)
    database.close()

    again = open_database(tmp_path / "clary.db")
    assert messages(LogStore(again), "s") == ["kept"]
    assert LogStore(again).stream(GROUP, "s").event_count == 1
    again.close()


def test_a_page_ends_before_its_bytes_are_exceeded(logs: LogStore, stream: str) -> None:
    logs.append(GROUP, stream, [(at, "x" * 74) for at in range(10)], NOW)

    assert len(logs.read(GROUP, stream, max_bytes=300)) == 3
    assert [event.at_ms for event in logs.read(GROUP, stream, max_bytes=300, backwards=True)] == [7, 8, 9]


def test_a_line_larger_than_a_page_is_a_page_alone(logs: LogStore, stream: str) -> None:
    logs.append(GROUP, stream, [(1, "x" * 1000), (2, "y")], NOW)

    assert len(logs.read(GROUP, stream, max_bytes=100)) == 1


def test_bytes_are_those_of_utf_8(logs: LogStore, stream: str) -> None:
    logs.append(GROUP, stream, [(1, "é" * 100), (2, "é" * 100)], NOW)

    assert len(logs.read(GROUP, stream, max_bytes=2 * 226)) == 2
    assert len(logs.read(GROUP, stream, max_bytes=2 * 226 - 1)) == 1


batches = st.lists(
    st.lists(st.tuples(st.integers(0, 20), st.text(max_size=5)), min_size=1, max_size=8), max_size=6
)


@settings(max_examples=60, deadline=None)
@given(batches=batches, limit=st.integers(1, 7), backwards=st.booleans())
def test_pages_put_together_are_the_stream(
    logs: LogStore, batches: list[list[tuple[int, str]]], limit: int, backwards: bool
) -> None:
    stream = new_stream(logs)
    for batch in batches:
        logs.append(GROUP, stream, batch, NOW)
    sent = [(at, as_kept(message)) for batch in batches for at, message in batch]

    pages = []
    after, before = EventPosition(0, 0), EventPosition(10**15, 0)
    while page := logs.read(GROUP, stream, after=after, before=before, backwards=backwards, limit=limit):
        if backwards:
            pages.insert(0, page)
            before = EventPosition(page[0].at_ms, page[0].position)
        else:
            pages.append(page)
            after = EventPosition(page[-1].at_ms, page[-1].position)

    read = [(event.at_ms, event.message) for page in pages for event in page]
    assert read == sorted(sent, key=lambda event: event[0])
    assert logs.stream(GROUP, stream).event_count == len(sent)


def test_what_describes_a_stream_follows_its_lines(logs: LogStore, stream: str) -> None:
    logs.append(GROUP, stream, [(30, "b"), (40, "c")], NOW)
    logs.append(GROUP, stream, [(10, "a")], NOW + 1)

    found = logs.stream(GROUP, stream)
    assert (found.first_event_ms, found.last_event_ms, found.last_ingested_ms) == (10, 40, NOW_MS + 1000)


def test_a_stream_of_a_missing_group_says_so(logs: LogStore) -> None:
    with pytest.raises(NotFound, match="log group does not exist"):
        logs.read("nowhere", "s")
    with pytest.raises(NotFound, match="log stream does not exist"):
        logs.read(GROUP, "nowhere")


def test_a_group_takes_its_streams_and_lines_with_it(logs: LogStore) -> None:
    logs.create_group("brief", NOW)
    logs.create_stream("brief", "s", NOW)
    logs.append("brief", "s", [(1, "a")], NOW)

    logs.delete_group("brief")
    logs.create_group("brief", NOW)
    logs.create_stream("brief", "s", NOW)

    assert logs.read("brief", "s") == []


def test_a_second_group_or_stream_of_a_name_is_refused_unless_asked_for(logs: LogStore, stream: str) -> None:
    with pytest.raises(Conflict):
        logs.create_group(GROUP, NOW)
    with pytest.raises(Conflict):
        logs.create_stream(GROUP, stream, NOW)

    logs.append(GROUP, stream, [(1, "a")], NOW)
    logs.create_group(GROUP, NOW, exist_ok=True)
    logs.create_stream(GROUP, stream, NOW, exist_ok=True)
    assert messages(logs, stream) == ["a"]


def test_expiry_removes_old_lines_and_lowers_no_count(logs: LogStore) -> None:
    logs.create_group("short", NOW, attributes={"retentionInDays": 1})
    logs.create_stream("short", "s", NOW)
    logs.append("short", "s", [(NOW_MS - 90_000_000, "old"), (NOW_MS, "new")], NOW)

    logs.expire(NOW)

    assert [event.message for event in logs.read("short", "s")] == ["new"]
    assert logs.stream("short", "s").event_count == 2


@pytest.mark.parametrize("prefix", ["a_", "a%", "A"])
def test_a_prefix_is_taken_literally(logs: LogStore, prefix: str) -> None:
    group = f"g{next(fresh)}"
    logs.create_group(group, NOW)
    for name in ("a_1", "a%2", "ab3", "A4"):
        logs.create_stream(group, name, NOW)

    found = [stream.name for stream in logs.streams(group, prefix=prefix)]

    assert found == [name for name in ("A4", "a%2", "a_1", "ab3") if name.startswith(prefix)]
