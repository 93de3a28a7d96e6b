"""The set of all connections: its limit, which ones are closed to make room, and the check for stalled ones.

uvicorn keeps the set of them; each is a ``BoundedHttp``.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import resource
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clary.server.connections import BoundedHttp

log = logging.getLogger("clary.server")

LOOK_S = 1.0
MAX_CONNECTIONS = 4_096


async def watch(connections: Iterable[Any]) -> None:
    """Checks every connection for a stalled client, each LOOK_S seconds, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_S)
        for connection in list(connections):
            try:
                connection.look(loop.time())
            except Exception:
                log.exception("a connection could not be looked at; the others are")


def allow_connections() -> None:
    """Raises this process's limit of open files as far as the machine allows: each connection is one file."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MAX_CONNECTIONS
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(hard, wanted), hard)
    )


def max_connections() -> int:
    """Returns half of the number of open files that this process may have: the rest is for other files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, soft // 2)


def make_room(connections: set[Any], newest: BoundedHttp) -> bool:
    """Closes the connections that have been idle longest. Returns False when none is idle."""
    waiting = [
        (each.waits_since, id(each), each)
        for each in connections
        if each is not newest and each.waits_since is not None
    ]
    # Several at once: otherwise each of the next thousand new connections would search the whole set.
    for _, _, each in heapq.nsmallest(max(1, len(waiting) // 16), waiting):
        connections.discard(each)
        each.transport.abort()
    return bool(waiting)
