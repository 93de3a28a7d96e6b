"""All connections together: how many there may be, which are closed for a new one, and who looks at them.

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
    """Looks at every connection again and again, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_S)
        for connection in list(connections):
            try:
                connection.look(loop.time())
            except Exception:
                log.exception("a connection could not be looked at; the others are")


def allow_connections() -> None:
    """Raises the limit of open files as far as the machine allows: each connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MAX_CONNECTIONS
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(hard, wanted), hard)
    )


def max_connections() -> int:
    """Half of the open files that this process may have: the other half is for files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, soft // 2)


def make_room(connections: set[Any], newest: BoundedHttp) -> bool:
    """Closes those that have kept the server waiting for longest; False when it is at work for all."""
    waiting = [
        (each.waits_since, id(each), each)
        for each in connections
        if each is not newest and each.waits_since is not None
    ]
    # Many at once: the next thousand that come would otherwise look through all of them, each.
    for _, _, each in heapq.nsmallest(max(1, len(waiting) // 16), waiting):
        connections.discard(each)
        each.transport.abort()
    return bool(waiting)
