"""The server's process: locks the folder, listens on the port, and serves until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from typing import TYPE_CHECKING

import uvicorn

from clary.server.app import build_app
from clary.server.connection_room import allow_connections, watch
from clary.server.connections import BoundedHttp
from clary.server.log_file import begin_logging
from clary.server.machines import ThisMachine
from clary.server.platform import build_platform
from clary.server.state import StateFolder, listen

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from clary.server.settings import Settings


def serve(settings: Settings, on_ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT; ``on_ready(url)`` is called once requests are answered.

    Raises state.AlreadyRunning and state.PortTaken. Running jobs go on without the server.
    """
    state = StateFolder(settings.home)
    state.prepare()
    with contextlib.closing(state.lock()):
        begin_logging(state.log, settings.log_level)
        allow_connections()
        listener = listen(state, settings.host, settings.port)
        port = listener.getsockname()[1]
        url = f"http://{_reachable(settings.host)}:{port}"
        machine = ThisMachine(settings, state)
        platform = build_platform(settings, state, machine)
        state.remember_server(
            url=url,
            host=settings.host,
            port=port,
            pid=os.getpid(),
            region=settings.region,
            account=settings.account,
        )
        config = server_config(build_app(platform, machine, url), settings.log_level)
        Server(config, lambda: on_ready(url), platform.changes.close).run(sockets=[listener])


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
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
        lifespan="on",
    )


class Server(uvicorn.Server):
    """end_streams: called when the server goes down, so that it does not wait for answers without an end."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], end_streams: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._end_streams = end_streams
        self._watch: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._watch = asyncio.create_task(watch(self.server_state.connections), name="slow connections")
            # What exists now stays. The garbage collector would traverse it again and again.
            gc.freeze()
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._end_streams()
        await super().shutdown(sockets)


def _reachable(host: str) -> str:
    """Returns the address that clients on this machine use; a wildcard is no address."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
