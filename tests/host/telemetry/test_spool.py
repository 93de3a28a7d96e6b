from __future__ import annotations

from pathlib import Path

import pytest

from clary.host.telemetry.spool import Record, Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def records(*data: bytes) -> list[Record]:
    return [Record(at, piece) for at, piece in enumerate(data)]


def test_records_stay_until_they_are_dropped(spool: Spool) -> None:
    spool.append(records(b"a", b"bb", b""))

    first = spool.peek(2, 1000)
    again = spool.peek(2, 1000)
    spool.drop(first)

    assert first == again == records(b"a", b"bb")
    assert [record.data for record in spool.peek(10, 1000)] == [b""]


def test_a_batch_keeps_to_its_bytes_with_the_overhead_of_each_record(spool: Spool) -> None:
    spool.append(records(b"x" * 10, b"x" * 10, b"x" * 10))

    assert len(spool.peek(10, 72, overhead_bytes=26)) == 2
    assert len(spool.peek(10, 71, overhead_bytes=26)) == 1


def test_a_record_larger_than_a_batch_is_taken_alone(spool: Spool) -> None:
    spool.append(records(b"x" * 500, b"y"))

    assert [len(record.data) for record in spool.peek(10, 100)] == [500]


def test_the_file_is_emptied_when_the_reader_has_caught_up(spool: Spool, tmp_path: Path) -> None:
    for _ in range(50):
        spool.append(records(b"x" * 200_000))
        spool.drop(spool.peek(10, 1 << 20))

    assert (tmp_path / "spool").stat().st_size < 5 << 20


def test_it_is_finished_when_closed_and_empty(spool: Spool) -> None:
    spool.append(records(b"a"))
    spool.close()

    before = spool.finished
    spool.drop(spool.peek(1, 10))

    assert (before, spool.finished, spool.wait()) == (False, True, False)
