"""Lines from bytes that arrive in any pieces, with and without an end of line."""

from __future__ import annotations

import random

import pytest

from clary.host.user_process.output_lines import MAX_LINE_BYTES, QUIET_S, SHOW_EVERY_S, OutputLines


class Output:
    def __init__(self) -> None:
        self.log: list[bytes] = []
        self.texts: list[bytes] = []
        self.lines = OutputLines(self.log.extend, self.texts.extend)
        self.now = 100.0

    def write(self, data: bytes, after_s: float = 0.0) -> None:
        self.now += after_s
        self.lines.feed(data, self.now)

    def wait(self, for_s: float) -> None:
        self.now += for_s
        self.lines.flush(self.now)


@pytest.fixture
def output() -> Output:
    return Output()


def test_lines_arrive_whole_without_their_ends(output: Output) -> None:
    output.write(b"one\ntw")
    output.write(b"o\r\n\nthree")
    output.lines.finish()

    assert output.log == output.texts == [b"one", b"two", b"", b"three"]


def test_a_bar_is_shown_while_it_runs_and_each_of_its_states_is_read(output: Output) -> None:
    for step in range(1, 41):
        output.write(b"\r%d/40" % step, after_s=0.05)
    output.write(b"\n")

    assert output.texts == [b"%d/40" % step for step in range(1, 41)]
    assert output.log[0] == b"1/40"
    assert output.log[-1] == b"40/40"
    assert 2.0 / SHOW_EVERY_S - 2 <= len(output.log) <= 2.0 / SHOW_EVERY_S + 3


def test_a_bar_that_waits_is_shown_and_read(output: Output) -> None:
    output.write(b"\r 50%| loss=0.5")

    assert output.lines.due_at == pytest.approx(output.now + QUIET_S)
    output.wait(QUIET_S)

    assert output.log == output.texts == [b" 50%| loss=0.5"]
    assert output.lines.due_at == float("inf")


def test_what_follows_a_bar_that_was_shown_is_a_line_of_its_own(output: Output) -> None:
    output.write(b"\r 10%|# ")
    output.wait(QUIET_S)
    output.write(b"Traceback (most recent call last):\nValueError\n")

    assert output.log == [b" 10%|# ", b"Traceback (most recent call last):", b"ValueError"]
    assert output.texts == output.log


def test_a_line_overwrites_the_states_before_it(output: Output) -> None:
    output.write(b"\r1%\r2%\r3%\rdone\n")

    assert output.log == [b"done"]
    assert output.texts == [b"1%", b"2%", b"3%", b"done"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\r\n"])
def test_a_bar_ends_with_its_last_state_once(output: Output, end: bytes) -> None:
    output.write(b"\r1%\r2%" + end[:1])
    output.wait(1.0)
    output.write(end[1:] + b"next\n")

    assert output.log[-2:] == [b"2%", b"next"]
    assert output.log.count(b"2%") == 1
    assert output.texts == [b"1%", b"2%", b"next"]


def test_a_bar_that_is_wiped_out_leaves_its_last_state(output: Output) -> None:
    output.write(b"\r 99%|####")
    output.write(b"\r          \r")
    output.lines.finish()

    assert output.log == output.texts == [b" 99%|####"]


def test_bars_of_backspaces_are_read_as_others(output: Output) -> None:
    output.write(b"1/2")
    output.write(b"\b\b\b\r2/2", after_s=1.0)
    output.write(b"\n")

    assert output.texts[-1] == output.log[-1] == b"2/2"


def test_the_beginning_of_a_line_is_shown_after_a_pause_and_read_with_its_end(output: Output) -> None:
    output.write(b"epoch 1 ... ")
    output.wait(QUIET_S)
    shown = list(output.log)
    output.write(b"loss=0.5\n", after_s=9.0)

    assert shown == [b"epoch 1 ... "]
    assert output.log == [b"epoch 1 ... ", b"loss=0.5"]
    assert output.texts == [b"epoch 1 ... loss=0.5"]


def test_a_pause_before_the_end_of_a_line_adds_no_empty_line(output: Output) -> None:
    output.write(b"ready")
    output.wait(QUIET_S)
    output.write(b"\n")

    assert output.log == output.texts == [b"ready"]


def test_a_character_that_is_not_complete_waits_for_its_rest(output: Output) -> None:
    euro = "€".encode()
    output.write(b"\r5 " + euro[:2])
    output.wait(QUIET_S)
    output.write(euro[2:])
    output.wait(QUIET_S)

    assert b"".join(output.log) == b"5 " + euro


def test_a_line_that_never_ends_does_not_fill_the_memory(output: Output) -> None:
    for _ in range(40):
        output.write(b"x" * 65_536)
    output.lines.finish()

    assert max(map(len, output.log)) <= MAX_LINE_BYTES + 65_536
    assert sum(map(len, output.log)) == 40 * 65_536


def test_nothing_is_lost_or_doubled_however_the_bytes_are_cut(output: Output) -> None:
    whole = b"".join(b"line %d of the log\r\n\r%d%%\n" % (number, number) for number in range(200))
    luck = random.Random(8)
    at = 0
    while at < len(whole):
        size = luck.randint(1, 30)
        output.write(whole[at : at + size], after_s=luck.choice([0.0, 0.1]))
        at += size
    output.lines.finish()

    assert output.texts == [
        text for number in range(200) for text in (b"line %d of the log" % number, b"%d%%" % number)
    ]


def test_the_last_lines_leave_out_empty_ones(output: Output) -> None:
    output.write(b"a\n\n \nb\n")

    assert output.lines.last_lines == ("a", "b")
