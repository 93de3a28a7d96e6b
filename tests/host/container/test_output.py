from __future__ import annotations

import os
import socket
import threading

from hypothesis import given
from hypothesis import strategies as st

from clary.host.container.output import OutputFrames, pass_on

OUT, ERR = 1, 2


def frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def test_a_line_of_one_stream_is_never_inside_a_line_of_the_other() -> None:
    frames = OutputFrames()

    said = [frames.feed(frame(OUT, b"epo")), frames.feed(frame(ERR, b"a warning\n"))]
    said.append(frames.feed(frame(OUT, b"ch 1\nepoch")))

    assert said == [b"", b"a warning\n", b"epoch 1\n"]
    assert frames.waits
    assert frames.rest() == b"epoch"
    assert not frames.waits


def test_a_progress_bar_is_passed_on_at_each_state() -> None:
    assert OutputFrames().feed(frame(ERR, b"10%\r20%\r30")) == b"10%\r20%\r"


def test_what_never_ends_is_passed_on_in_parts() -> None:
    assert len(OutputFrames().feed(frame(OUT, b"x" * (1 << 21)))) == 1 << 21


@given(st.lists(st.tuples(st.sampled_from([OUT, ERR]), st.binary(max_size=20))), st.integers(1, 9))
def test_nothing_is_lost_wherever_the_bytes_are_cut(sent: list[tuple[int, bytes]], size: int) -> None:
    data = b"".join(frame(stream, text) for stream, text in sent)
    frames = OutputFrames()

    got = b"".join(frames.feed(data[at : at + size]) for at in range(0, len(data), size)) + frames.rest()

    assert sorted(got) == sorted(b"".join(text for _, text in sent))


def test_a_line_without_an_end_is_shown_while_the_container_waits() -> None:
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    thread = threading.Thread(target=pass_on, args=(theirs, writing))
    thread.start()

    ours.sendall(frame(OUT, b"Continue? "))
    assert os.read(reading, 100) == b"Continue? "
    ours.sendall(frame(OUT, b"yes\n") + b"\1\0")
    ours.close()
    thread.join()
    os.close(writing)

    assert os.read(reading, 100) == b"yes\n"
    os.close(reading)
    theirs.close()
