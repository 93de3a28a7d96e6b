from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import pytest

from clary.domain.errors import BadRequest, PlatformError
from clary.server.incoming import KEPT_BYTES, ClientGone, Incoming, Memory


def incoming(pieces: Iterable[bytes | None], headers: Mapping[str, str], memory: Memory) -> Incoming:
    """None: the client goes. The last piece is the end of the body."""
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        if not left or left[0] is None:
            return {"type": "http.disconnect"}
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    return Incoming(headers, receive, memory)


def test_a_body_is_read_whole_and_gives_its_memory_back() -> None:
    memory = Memory(10)
    for _ in range(3):
        body = incoming([b"abc", b"def", b"ghi"], {"content-length": "9"}, memory)

        assert asyncio.run(body.read(9)) == b"abcdefghi"
        assert body.complete
        assert not body.closes
        body.release()


def test_with_no_memory_left_the_next_body_is_refused_in_a_way_that_is_tried_again() -> None:
    memory = Memory(10)
    first = incoming([b"12345678"], {"content-length": "8"}, memory)
    asyncio.run(first.read(100))

    with pytest.raises(PlatformError) as error:
        asyncio.run(incoming([b"123"], {"content-length": "3"}, memory).read(100))

    assert (error.value.code, error.value.http_status) == ("ServiceUnavailable", 503)
    first.release()
    assert asyncio.run(incoming([b"123"], {"content-length": "3"}, memory).read(100)) == b"123"


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    body = incoming([b"x"] * 5, {"content-length": str(1 << 40)}, Memory())

    with pytest.raises(BadRequest, match="larger than 100 bytes"):
        asyncio.run(body.read(100))

    assert not body.complete
    assert body.closes


def test_a_body_that_does_not_say_is_read_to_its_limit() -> None:
    body = incoming([b"x" * 60] * 5, {"transfer-encoding": "chunked"}, Memory())

    with pytest.raises(BadRequest, match="larger than 100 bytes"):
        asyncio.run(body.read(100))


def test_who_goes_in_the_middle_is_gone() -> None:
    body = incoming([b"x", None], {"content-length": "2"}, Memory())

    with pytest.raises(ClientGone):
        asyncio.run(body.read(100))


@pytest.mark.parametrize(
    ("headers", "closes"),
    [
        ({}, False),
        ({"content-length": "0"}, False),
        ({"content-length": str(KEPT_BYTES)}, False),
        ({"content-length": str(KEPT_BYTES + 1)}, True),
        ({"content-length": "10", "expect": "100-continue"}, True),
        ({"transfer-encoding": "chunked"}, True),
    ],
)
def test_a_connection_is_kept_when_little_is_left_to_come(headers: dict[str, str], closes: bool) -> None:
    assert incoming([], headers, Memory()).closes is closes


def test_what_nobody_wants_is_read_for_a_while() -> None:
    taken = []

    async def endless() -> AsyncIterator[None]:
        while True:
            yield None

    async def run() -> None:
        source = endless()

        async def receive() -> dict[str, Any]:
            await anext(source)
            taken.append(1 << 20)
            return {"type": "http.request", "body": bytes(1 << 20), "more_body": True}

        await Incoming({"content-length": str(1 << 40)}, receive, Memory()).leave()

    asyncio.run(run())

    assert sum(taken) == 65 << 20
