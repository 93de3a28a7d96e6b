"""The process between the server and Ray. The server imports nothing of Ray.

It ends when the server ends, and when the cluster does not answer any more; the server starts it again then.

    ray://head:10001    Ray Client: what asks the nodes is an actor in the cluster; messages to it go in
                        bundles (``exchange.py``)
    head:6379, auto     this process is on a node of the cluster
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

import ray

from . import bootstrap
from .answers import Answers, words_of
from .code import code_archive
from .exchange import Bundles
from .messages import LONGEST_BYTES, DriverSettings, line

if TYPE_CHECKING:
    from collections.abc import Callable

ACTOR_END = "clary.compute.backends.ray.exchange:ActorEnd"


def main() -> None:
    """Serves the socket whose descriptor is the last argument; the one before it is the settings' JSON."""
    link = socket.socket(fileno=int(sys.argv[-1]))
    settings = DriverSettings(**json.loads(sys.argv[-2]))
    code = 1
    with contextlib.suppress(KeyboardInterrupt, ConnectionError):
        code = asyncio.run(_Driver(settings).serve(link))
    # Not through Ray's own end: it waits for a cluster that may be gone.
    os._exit(code)


class _Driver:
    def __init__(self, settings: DriverSettings) -> None:
        self._settings = settings

    async def serve(self, link: socket.socket) -> int:
        reader, writer = await asyncio.open_connection(sock=link, limit=LONGEST_BYTES)

        def tell(message: dict[str, Any]) -> None:
            writer.write(line(message))

        try:
            answers = await self._connect(tell)
        except Exception as error:
            tell({"Away": words_of(error)})
            await writer.drain()
            return 1
        asking = asyncio.create_task(_pass_on(reader, answers))
        answering = asyncio.create_task(answers.run())
        await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done() and not writer.is_closing():
            tell({"Away": words_of(answering.exception() or ConnectionError())})
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        return 0

    async def _connect(self, tell: Callable[[dict[str, Any]], None]) -> Answers | Bundles:
        settings = dataclasses.asdict(self._settings)
        address, namespace = self._settings.address, self._settings.namespace
        is_client = address.startswith("ray://")
        quiet: dict[str, Any] = {} if is_client else {"log_to_driver": False, "logging_level": logging.ERROR}
        await asyncio.to_thread(ray.init, address, namespace=namespace, **quiet)
        if not is_client:
            return Answers(settings, tell)
        code = code_archive()
        # On the head: a node with an actor would never be idle for an autoscaler.
        actor = ray.remote(bootstrap.Bootstrap).options(
            num_cpus=0, resources={"node:__internal_head__": 0.001}, max_concurrency=1000
        )
        inside = actor.remote(self._settings.folder, code.digest, ACTOR_END, settings)
        if not await inside.has_code.remote():
            await inside.take_code.remote(code.archive)

        async def exchange(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
            ready: list[dict[str, Any]] = await inside.call.remote("exchange", {"asked": asked})
            return ready

        return Bundles(exchange, tell)


async def _pass_on(reader: asyncio.StreamReader, answers: Answers | Bundles) -> None:
    while text := await reader.readline():
        answers.take(json.loads(text))
