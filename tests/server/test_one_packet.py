from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from clary.server.one_packet import OnePacket

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Recorder:
    """A transport that keeps what each call writes."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed_after: int | None = None

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        self.written.append(b"".join(pieces))

    def close(self) -> None:
        self.closed_after = len(self.written)

    def is_closing(self) -> bool:
        return self.closed_after is not None


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def packet(recorder: Any) -> OnePacket:
    return OnePacket(recorder)


def test_the_head_and_the_first_piece_of_the_body_are_written_together(
    packet: OnePacket, recorder: Recorder
) -> None:
    packet.write(HEAD)
    assert recorder.written == []

    packet.write(b"one")
    packet.write(b"two")

    assert recorder.written == [HEAD + b"one", b"two"]


def test_100_continue_does_not_wait(packet: OnePacket, recorder: Recorder) -> None:
    packet.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    packet.write(HEAD)
    packet.write(b"one")

    assert recorder.written == [b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"one"]


def test_an_empty_body_is_a_body(packet: OnePacket, recorder: Recorder) -> None:
    packet.write(HEAD)
    packet.write(b"")

    assert recorder.written == [HEAD]


def test_a_head_is_written_before_the_connection_closes(packet: OnePacket, recorder: Recorder) -> None:
    packet.write(HEAD)
    packet.close()

    assert recorder.closed_after == 1
    assert packet.is_closing()
