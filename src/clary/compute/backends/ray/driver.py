"""The process between the server and Ray. The server imports nothing of Ray.

It ends when the server ends, and when the cluster does not answer any more; the server starts it again then.

    ray://head:10001    Ray Client: what asks the nodes is an actor in the cluster, since each question of a
                        client costs a task there
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
from ray.exceptions import RayError, RayTaskError

from . import bootstrap
from .cluster import ClusterNodes, NodeGone
from .code import code_archive
from .messages import LONGEST_BYTES, DriverSettings, line
from .node import NodeSilent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Ask = Callable[[str, dict[str, Any]], Awaitable[Any]]

LOOK_S = 1.0
LONGEST_WORDS = 500
LOOK_TIMEOUT_S = 10.0
CLUSTER = "clary.compute.backends.ray.cluster:ClusterNodes"
ASKED = frozenset(
    (
        "launch",
        "poll",
        "last_words",
        "stop",
        "forget",
        "handles",
        "reserve",
        "release",
        "move",
        "retain",
        "report",
        "images",
    )
)


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
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken = asyncio.Event()

    async def serve(self, link: socket.socket) -> int:
        reader, writer = await asyncio.open_connection(sock=link, limit=LONGEST_BYTES)
        try:
            ask = await self._connect()
            nodes = await ask("look", {})
        except Exception as error:
            writer.write(line({"Away": _words(error)}))
            await writer.drain()
            return 1
        writer.write(line({"Ready": True, "Nodes": nodes}))
        asking = asyncio.create_task(self._serve(ask, reader, writer))
        looking = asyncio.create_task(self._look(ask, nodes, writer))
        broken = asyncio.create_task(self._broken.wait())
        await asyncio.wait({asking, looking, broken}, return_when=asyncio.FIRST_COMPLETED)
        if looking.done() and not writer.is_closing():
            writer.write(line({"Away": _words(looking.exception() or ConnectionError())}))
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        return 0

    async def _connect(self) -> Ask:
        settings = dataclasses.asdict(self._settings)
        address, namespace = self._settings.address, self._settings.namespace
        is_client = address.startswith("ray://")
        quiet: dict[str, Any] = {} if is_client else {"log_to_driver": False, "logging_level": logging.ERROR}
        await asyncio.to_thread(ray.init, address, namespace=namespace, **quiet)
        if not is_client:
            cluster = ClusterNodes(**settings)

            async def directly(method: str, arguments: dict[str, Any]) -> Any:
                return await getattr(cluster, method)(**arguments)

            return directly
        code = code_archive()
        # On the head: a node with an actor would never be idle for an autoscaler.
        actor = ray.remote(bootstrap.Bootstrap).options(
            num_cpus=0, resources={"node:__internal_head__": 0.001}, max_concurrency=1000
        )
        inside = actor.remote(self._settings.folder, code.digest, CLUSTER, settings)
        if not await inside.has_code.remote():
            await inside.take_code.remote(code.archive)

        async def through_actor(method: str, arguments: dict[str, Any]) -> Any:
            return await inside.call.remote(method, arguments)

        return through_actor

    async def _serve(self, ask: Ask, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while text := await reader.readline():
            task = asyncio.create_task(self._answer(ask, json.loads(text), writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, ask: Ask, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        answer: dict[str, Any] = {"Id": asked["Id"]}
        try:
            if asked["Ask"] not in ASKED:
                raise LookupError(f"nobody answers {asked['Ask']}")
            answer["Answer"] = await ask(asked["Ask"], asked["With"])
        except (NodeGone, NodeSilent) as error:
            answer |= {"Trouble": _words(error), "Away": True}
        except Exception as error:
            if isinstance(error, (RayError, ConnectionError)) and not isinstance(error, RayTaskError):
                # What asks the nodes has died. The next driver is asked again.
                self._broken.set()
                return
            answer |= {"Trouble": _words(error), "Away": False}
        writer.write(line(answer))
        await writer.drain()

    async def _look(self, ask: Ask, nodes: Any, writer: asyncio.StreamWriter) -> None:
        """Tells the server when nodes change. Raises when the cluster does not answer."""
        while True:
            await asyncio.sleep(LOOK_S)
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                found = await ask("look", {})
            if found != nodes:
                nodes = found
                writer.write(line({"Nodes": nodes}))
                await writer.drain()


def _words(error: BaseException) -> str:
    """The message of an error; of one from elsewhere, without the trace that Ray adds."""
    if isinstance(error, RayTaskError) and error.cause is not None:
        error = error.cause
    lines = [text.strip() for text in str(error).splitlines() if text.strip()]
    if any(text.startswith("Traceback") for text in lines):
        lines = lines[-1:]
    return " ".join(lines)[:LONGEST_WORDS] if lines else type(error).__name__
