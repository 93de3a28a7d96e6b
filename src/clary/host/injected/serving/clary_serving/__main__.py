"""Starts the serving program: ``python -m clary_serving``. All it needs to know are variables."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import socket
import sys

from .nursery import run_nursery, send_descriptor
from .settings import ServingSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

BACKLOG = 1024
LOOK_EVERY_S = 0.02


def main() -> None:
    settings = ServingSettings(os.environ)
    settings.share_processors(os.environ)
    listening = _listen(settings)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        # Before anything that only the front needs is imported or opened.
        code = 1
        try:
            listening.close()
            ours.close()
            run_nursery(theirs, settings)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    theirs.close()
    _import_http(settings.http_library)
    os._exit(asyncio.run(_serve(settings, listening, ours)))


def _listen(settings: ServingSettings) -> socket.socket:
    """Opens the port. Nothing is accepted yet: a connection waits until the front has started."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        sys.exit("The server can't listen on {}:{}: {}".format(settings.host, settings.port, error.strerror))
    return listening


def _import_http(folder: str) -> None:
    """Makes h11 importable from where it is, for the front alone: scripts keep their own."""
    if not folder:
        return
    spec = importlib.util.spec_from_file_location(
        "h11", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    if spec is None or spec.loader is None:
        sys.exit("There is no h11 in {}".format(folder))
    sys.modules["h11"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


async def _serve(settings: ServingSettings, listening: socket.socket, nursery: socket.socket) -> int:
    from .front import Front
    from .http_connection import HttpConnection
    from .pool import WorkerPool

    loop = asyncio.get_event_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(code: int) -> None:
        if not stopped.done():
            stopped.set_result(code)

    def spawn(link: socket.socket) -> None:
        send_descriptor(nursery, link.fileno())

    loop.add_signal_handler(signal.SIGTERM, stop, 0)
    pool = WorkerPool(settings.workers, spawn, timeout_s=settings.timeout_s, on_hopeless=lambda: stop(1))
    front = Front(settings, pool)
    await pool.start_worker()
    server = await loop.create_server(lambda: HttpConnection(front), sock=listening, backlog=BACKLOG)
    code = await stopped
    server.close()
    front.close_idle()
    while code == 0 and front.busy:
        await asyncio.sleep(LOOK_EVERY_S)
    pool.close()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
