from __future__ import annotations

import stat
import struct

import pytest

from clary.host.inputs.fuse import protocol
from clary.host.inputs.fuse.protocol import Attributes, InitFlag, Operation, Request

FILE = Attributes(7, stat.S_IFREG | 0o444, 1000, 1, (5, 6), 123)


def init_of(major: int, minor: int, flags: int = 0xFFFFFFFF) -> memoryview:
    return memoryview(struct.pack("=IIIII", major, minor, 131_072, flags, 0) + bytes(44))


def test_messages_have_the_sizes_of_the_kernel() -> None:
    assert len(protocol.entry(FILE)) == len(protocol.no_entry()) == 128
    assert len(protocol.attributes_answer(FILE)) == 104
    assert len(protocol.opened(1, protocol.OpenFlag.KEEP_CACHE)) == 16
    assert len(protocol.statfs(1, 1)) == 80
    assert len(protocol.init(init_of(7, 45)) or b"") == 64
    assert (protocol.HEADER_BYTES, protocol.ANSWER_BYTES) == (40, 16)


def test_a_request_is_taken_apart() -> None:
    body = struct.pack("=QQI", 3, 4096, 8192) + bytes(20)
    message = struct.pack("=IIQQIIIHH", 40 + len(body), Operation.READ, 99, 7, 0, 0, 0, 0, 0) + body

    request = Request.parse(memoryview(message))

    assert (request.operation, request.unique, request.node) == (Operation.READ, 99, 7)
    assert protocol.read_of(request.body) == (3, 4096, 8192)
    for wrong in (message[:-1], message + b"x", b"", message[:39]):
        with pytest.raises(ValueError, match="a message of"):
            Request.parse(memoryview(wrong))


def test_a_kernel_gets_only_what_it_offers() -> None:
    body = protocol.init(init_of(7, 31, InitFlag.ASYNC_READ | 1 << 30))

    assert body is not None
    major, minor, read_ahead, flags = struct.unpack_from("=IIII", body)
    assert (major, minor, read_ahead, flags) == (7, 31, 1 << 20, InitFlag.ASYNC_READ)
    assert protocol.init(init_of(7, 27)) is None


def test_a_kernel_of_a_later_protocol_is_asked_to_begin_again() -> None:
    body = protocol.init(init_of(8, 0))

    assert body is not None
    assert struct.unpack_from("=IIII", body)[0] == 7


@pytest.mark.parametrize("plus", [False, True])
def test_a_long_folder_comes_in_pages(plus: bool) -> None:
    children = [(f"name-{number}".encode(), FILE) for number in range(100)]
    names = []
    first = 0

    while page := protocol.folder_page(children[first:], first, 1000, plus=plus):
        assert len(page) <= 1000
        place = 0
        while place < len(page):
            place += 128 * plus
            _, first, size, kind = struct.unpack_from("=QQII", page, place)
            assert kind == stat.S_IFREG >> 12
            names.append(page[place + 24 : place + 24 + size])
            place += 24 + -(-size // 8) * 8

    assert names == [name for name, _ in children]
