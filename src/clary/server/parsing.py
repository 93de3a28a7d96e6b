"""Parses parameters: of small bodies on the event loop, of large ones in threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from clary.wire import codec
from clary.wire.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel

    from clary.wire.http import HttpRequest

Result = TypeVar("Result")

SMALL_BODY_BYTES = 64 << 10
"""Bodies up to this size are accepted for every operation, and parsed on the event loop: that takes less time
than a change of threads."""


def parse_parameters(
    model: OperationModel, request: HttpRequest, protocol: str | None = None
) -> dict[str, Any]:
    """Returns the parameters of a request. Raises SerializationError and ValidationError.

    protocol: of the request, where the request itself does not tell.
    """
    params = codec.parse(model, request, protocol=protocol)
    validate(model, params)
    return params


class Parsers:
    """The threads that parse large bodies."""

    def __init__(self) -> None:
        # Few, so that the event loop never waits long for the interpreter lock.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="clary-parse")

    async def run(self, size_bytes: int, parse: Callable[[], Result]) -> Result:
        """Calls ``parse``: in a thread when the body is large, so that the event loop goes on."""
        if size_bytes <= SMALL_BODY_BYTES:
            return parse()
        return await asyncio.get_running_loop().run_in_executor(self._threads, parse)

    def close(self) -> None:
        """Waits until nothing is parsed."""
        self._threads.shutdown(cancel_futures=True)
