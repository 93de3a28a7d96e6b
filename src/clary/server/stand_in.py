"""Listens in the place of servers of this machine that are gone, whose hosts this one takes care of.

Agents and jobs know their server by its address. While it is gone they would wait for it: they can say what
they have to say to any server of the database. When it comes back, it wants its address again.

    server gone, hosts taken over ──► this one listens at its address, with TLS at that too
    it starts, the port is taken ──► it writes PORT_WANTED in its folder ──► this one stops listening there

The certificate that is shown there is that of the server that is gone, which its clients know.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clary.server.settings import SettingsError
from clary.server.state import PORT_WANTED, PortTaken, StateFolder, bind
from clary.server.tls import TlsFiles, TlsPort

if TYPE_CHECKING:
    from collections.abc import Callable

    Protocols = Callable[[], asyncio.Protocol]

LOOK_S = 0.2
BACKLOG = 1024

log = logging.getLogger("clary.server")


class StandIn:
    """in_use: the folders of the servers, by name. For the event loop that serves."""

    def __init__(self, in_use: Callable[[], dict[str, Path]]) -> None:
        self._in_use = in_use
        self._listening: dict[str, _Standing] = {}

    async def run(self, protocol: Protocols) -> None:
        """Runs until cancelled. protocol: makes what serves a connection."""
        try:
            while True:
                used = self._in_use()
                for name in [*self._listening]:
                    if name not in used or (used[name] / PORT_WANTED).exists():
                        self._listening.pop(name).leave()
                        log.warning("server %s is no longer stood in for", name)
                for name in used.keys() - self._listening.keys():
                    await self._stand_in(name, StateFolder(used[name]), protocol)
                await asyncio.sleep(LOOK_S)
        finally:
            for standing in self._listening.values():
                standing.leave()

    async def _stand_in(self, name: str, state: StateFolder, protocol: Protocols) -> None:
        if (state.home / PORT_WANTED).exists():
            return
        known = state.server()
        try:
            listener = bind(str(known["host"]), int(known["port"]))
        except (KeyError, PortTaken, OSError):
            # It is back, or it is stopped and still has it.
            return
        standing = self._listening[name] = _Standing()
        loop = asyncio.get_running_loop()
        standing.servers.append(await loop.create_server(protocol, sock=listener, backlog=BACKLOG))
        log.warning("server %s is gone; this one listens at %s for its jobs", name, known.get("url"))
        if "tls_files" in known:
            try:
                await standing.listen_by_tls(known, protocol)
            except (PortTaken, OSError, SettingsError) as error:
                log.warning("nobody listens at %s in its place: %s", known["tls_url"], error)
            else:
                log.warning("and at %s, with its certificate", known["tls_url"])


class _Standing:
    """What listens in the place of one server."""

    def __init__(self) -> None:
        self.servers: list[asyncio.Server] = []
        self._following: asyncio.Task[None] | None = None

    async def listen_by_tls(self, known: dict[str, Any], protocol: Protocols) -> None:
        """known: as the server has written it down. Raises PortTaken, OSError and SettingsError."""
        listener = bind(str(known["tls_host"]), int(known["tls_port"]))
        try:
            certificate, key = map(Path, known["tls_files"])
            port = TlsPort(TlsFiles(certificate, key, own="certificate" in known), listener)
        except BaseException:
            listener.close()
            raise
        self.servers.append(await port.open(protocol, BACKLOG))
        self._following = asyncio.create_task(port.follow_files(), name="certificate of another")

    def leave(self) -> None:
        for server in self.servers:
            server.close()
        if self._following is not None:
            self._following.cancel()
