"""Listens in the place of servers of this machine that are gone, whose hosts this one takes care of.

Agents and jobs know their server by its address. While it is gone they would wait for it: they can say what
they have to say to any server of the database. When it comes back, it wants its address again.

    server gone, hosts taken over ──► this one listens at its address
    it starts, the port is taken ──► it writes PORT_WANTED in its folder ──► this one stops listening there
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from clary.server.state import PORT_WANTED, PortTaken, StateFolder, bind

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

LOOK_S = 0.2

log = logging.getLogger("clary.server")


class StandIn:
    """in_use: the folders of the servers, by name. For the event loop that serves."""

    def __init__(self, in_use: Callable[[], dict[str, Path]]) -> None:
        self._in_use = in_use
        self._listening: dict[str, asyncio.Server] = {}

    async def run(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Runs until cancelled. protocol: makes what serves a connection."""
        try:
            while True:
                used = self._in_use()
                for name in [*self._listening]:
                    if name not in used or (used[name] / PORT_WANTED).exists():
                        self._listening.pop(name).close()
                        log.warning("server %s is no longer stood in for", name)
                for name in used.keys() - self._listening.keys():
                    await self._stand_in(name, StateFolder(used[name]), protocol)
                await asyncio.sleep(LOOK_S)
        finally:
            for server in self._listening.values():
                server.close()

    async def _stand_in(
        self, name: str, state: StateFolder, protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        if (state.home / PORT_WANTED).exists():
            return
        known = state.server()
        try:
            listener: socket.socket = bind(str(known["host"]), int(known["port"]))
        except (KeyError, PortTaken, OSError):
            # It is back, or it is stopped and still has it.
            return
        server = await asyncio.get_running_loop().create_server(protocol, sock=listener)
        self._listening[name] = server
        log.warning("server %s is gone; this one listens at %s for its jobs", name, known.get("url"))
