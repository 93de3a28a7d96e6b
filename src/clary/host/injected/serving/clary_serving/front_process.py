"""The process of the front, in the Python of Clary's own installation: it runs no user code."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys

import uvloop

from .front import Front
from .http_connection import HttpConnection
from .pool import WorkerPool
from .settings import ServingSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

BACKLOG = 1024
LOOK_EVERY_S = 0.02


def run(listening: int, nursery: int) -> NoReturn:
    """Serves until SIGTERM, or until no worker can load the model. listening, nursery: open sockets."""
    settings = ServingSettings(os.environ)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_serve(settings, socket.socket(fileno=listening), socket.socket(fileno=nursery)))
        sys.stderr.flush()
        os._exit(code)


async def _serve(settings: ServingSettings, listening: socket.socket, nursery: socket.socket) -> int:
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(code: int) -> None:
        if not stopped.done():
            stopped.set_result(code)

    def spawn(link: socket.socket) -> None:
        socket.send_fds(nursery, [b"worker"], [link.fileno()])

    loop.add_signal_handler(signal.SIGTERM, stop, 0)
    pool = WorkerPool(settings.workers, spawn, timeout_s=settings.timeout_s, on_hopeless=lambda: stop(1))
    front = Front(settings, pool)
    await pool.start_worker()
    server = await loop.create_server(lambda: HttpConnection(front), sock=listening, backlog=BACKLOG)
    # What exists now stays. The garbage collector would traverse it again and again.
    gc.freeze()
    code = await stopped
    server.close()
    front.close_idle()
    while code == 0 and front.busy:
        await asyncio.sleep(LOOK_EVERY_S)
    pool.close()
    return code
