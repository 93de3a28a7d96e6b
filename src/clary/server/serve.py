"""The server's process: locks the folder, listens on the port, and serves until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from typing import TYPE_CHECKING, Any

import uvicorn

from clary.server.app import build_app
from clary.server.backing import require_other_s3
from clary.server.cluster import TlsAddress, cluster_capacity, cluster_link, node_images
from clary.server.connection_room import allow_connections, watch
from clary.server.connections import BoundedHttp
from clary.server.log_file import begin_logging
from clary.server.machines import ThisMachine
from clary.server.platform import build_platform
from clary.server.stand_in import StandIn
from clary.server.state import StateFolder, listen_again
from clary.server.tls import TlsPort, tls_files

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from clary.server.settings import Settings


STAND_IN_LEAVES_S = 5.0
"""How long a server waits for its port, where another one of the database may stand in for it."""


def serve(settings: Settings, on_ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT; ``on_ready(url)`` is called once requests are answered.

    Raises state.AlreadyRunning and state.PortTaken. Running jobs go on without the server.
    """
    state = StateFolder(settings.home)
    state.prepare()
    with contextlib.closing(state.lock()):
        begin_logging(state.log, settings.log_level)
        allow_connections()
        files = tls_files(settings)
        patience_s = STAND_IN_LEAVES_S if settings.database else 0.0
        if files is None:
            listener = listen_again(state, settings.host, settings.port, patience_s=patience_s)
            secure, tls = None, None
            outside: dict[str, Any] = {}
        else:
            listener = listen_again(state, "127.0.0.1", 0, patience_s=patience_s)
            outer = listen_again(state, settings.host, settings.port, patience_s=patience_s, kept="tls_port")
            secure, tls_port = TlsPort(files, outer), outer.getsockname()[1]
            outside = {
                "tls_url": f"https://{_reachable(settings.host)}:{tls_port}",
                "tls_host": settings.host,
                "tls_port": tls_port,
                # For a server that stands in for this one.
                "tls_files": [str(files.certificate.resolve()), str(files.key.resolve())],
            }
            tls = TlsAddress(tls_port, files.certificate if files.own else None)
            if files.own:
                outside["certificate"] = str(files.certificate)
        port = listener.getsockname()[1]
        host = settings.host if secure is None else "127.0.0.1"
        url = f"http://{_reachable(host)}:{port}"
        require_other_s3(settings, url)
        link = cluster_link(settings, state)
        if link is None:
            machine = ThisMachine(settings, state)
        else:
            machine = ThisMachine(
                settings, state, cluster_capacity(link, settings), node_images(link, settings)
            )
        platform = build_platform(settings, state, machine)
        state.remember_server(
            url=url,
            host=host,
            port=port,
            pid=os.getpid(),
            region=settings.region,
            account=settings.account,
            **outside,
        )
        config = server_config(build_app(platform, machine, url, link, tls), settings.log_level)
        stand_in = None if platform.homes is None else StandIn(platform.homes.in_use)
        ended = platform.changes.close
        Server(config, lambda: on_ready(url), ended, secure, stand_in).run(sockets=[listener])


def server_config(app: ASGIApp, log_level: str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level=log_level,
        # Its lines go through our own handlers.
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        http=BoundedHttp,
        ws="none",
        # Any job on this machine could say X-Forwarded-For, and be whoever a policy's aws:SourceIp allows.
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
        lifespan="on",
    )


class Server(uvicorn.Server):
    """end_streams: called when the server goes down, so that it does not wait for answers without an end.

    secure: a second port, which speaks TLS. stand_in: listens in the place of servers that are gone.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        on_ready: Callable[[], None],
        end_streams: Callable[[], None],
        secure: TlsPort | None = None,
        stand_in: StandIn | None = None,
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._end_streams = end_streams
        self._secure = secure
        self._stand_in = stand_in
        self._beside: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            looking = watch(self.server_state.connections)
            self._beside.append(asyncio.create_task(looking, name="slow connections"))
            if self._secure is not None:
                self.servers.append(await self._secure.open(self._connection, self.config.backlog))
                self._beside.append(asyncio.create_task(self._secure.follow_files(), name="certificate"))
            if self._stand_in is not None:
                standing = self._stand_in.run(self._connection)
                self._beside.append(asyncio.create_task(standing, name="in place of others"))
            # What exists now stays. The garbage collector would traverse it again and again.
            gc.freeze()
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for task in self._beside:
            task.cancel()
        self._end_streams()
        await super().shutdown(sockets)

    def _connection(self) -> BoundedHttp:
        return BoundedHttp(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def _reachable(host: str) -> str:
    """Returns the address that clients on this machine use; a wildcard is no address."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
