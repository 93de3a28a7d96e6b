from __future__ import annotations

from clary.host.inputs.fuse.streams import Streams

COUNT = 1000


def test_a_read_here_and_there_gets_nothing_ahead() -> None:
    streams = Streams()

    assert [list(streams.ahead(at, at, COUNT, 64)) for at in (5, 500, 90, 700, 91 + 100, 3)] == [[]] * 6
    assert not streams.is_sequential


def test_a_reader_that_goes_on_gets_twice_as_much_each_time() -> None:
    streams = Streams()

    asked = {at: streams.ahead(at, at, COUNT, 64) for at in range(100)}

    assert {at: each.stop for at, each in asked.items() if each} == {
        1: 1 + 1 + 2,
        2: 2 + 1 + 4,
        4: 4 + 1 + 8,
        8: 8 + 1 + 16,
        16: 16 + 1 + 32,
        32: 32 + 1 + 64,
        64: 64 + 1 + 64,
        96: 96 + 1 + 64,
    }
    assert [index for each in asked.values() for index in each] == list(range(2, 161))
    assert streams.is_sequential


def test_nothing_is_asked_for_beyond_the_end_or_the_share() -> None:
    streams = Streams()

    asked = [index for at in range(10) for index in streams.ahead(at, at, 10, 3)]

    assert asked == list(range(2, 10))
    assert max(len(streams.ahead(at, at, COUNT, 3)) for at in range(10, 20)) <= 4


def test_requests_that_arrive_in_another_order_are_one_reader() -> None:
    streams = Streams()

    asked = [index for at in (0, 1, 3, 2, 4, 3, 5) for index in streams.ahead(at, at, COUNT, 64)]

    assert len(asked) == len(set(asked))
    assert streams.is_sequential


def test_four_threads_read_one_file_at_four_places() -> None:
    streams = Streams()

    asked = [
        index
        for step in range(6)
        for place in (0, 200, 400, 600)
        for index in streams.ahead(place + step, place + step, COUNT, 16)
    ]

    assert {index // 200 for index in asked} == {0, 1, 2, 3}
    assert len(asked) == len(set(asked))
