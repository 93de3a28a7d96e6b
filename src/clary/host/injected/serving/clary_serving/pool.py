"""The workers as the front sees them. A request waits in one queue, and the next idle worker takes it.

request ──> queue ──> worker ── ANSWER ──> idle again
                         └── ended ──> the request fails, another worker is started
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections import deque

from . import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Protocol

    class Exchange(Protocol):
        """One request that a worker answers. Its methods are called in the thread of the loop."""

        frame: tuple[bytes, bytes]
        worker: WorkerLink | None
        """The worker that has the request."""
        abandoned: bool
        """Nobody waits for the answer."""

        def on_frame(self, kind: bytes, document: Any, body: bytes) -> None: ...

        def on_lost(self) -> None:
            """The worker has ended before its answer was complete."""


MOST_WAITING = 1024
ABANDONED_S = 60.0
"""How long a worker may go on with a request that nobody waits for: as long as AWS waits for an answer."""
MOST_FAILED_STARTS = 5
SLOWEST_RESTART_S = 30.0


class WorkerLink(asyncio.Protocol):
    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._unpacker = frames.Unpacker()
        self.pid = 0
        self.loaded = self.failed = False
        self.exchange: Exchange | None = None
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._pool.started(self)

    def data_received(self, data: bytes) -> None:
        for kind, document, body in self._unpacker.feed(data):
            if kind == frames.HELLO:
                self.pid = document["pid"]
            elif kind == frames.LOADED:
                self.loaded = True
                self._pool.became_idle(self)
            elif kind == frames.FAILED:
                self.failed = True
            elif self.exchange is not None:
                self.exchange.on_frame(kind, document, body)
                if kind in (frames.ANSWER, frames.END):
                    self.exchange = None
                    self._pool.became_idle(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.cancel_timer()
        self._pool.lost(self)

    def take(self, exchange: Exchange) -> None:
        self.exchange = exchange
        exchange.worker = self
        self.transport.writelines(exchange.frame)

    def kill_in(self, delay_s: float) -> None:
        """Kills the worker unless it has answered by then."""
        self.cancel_timer()
        self.timer = asyncio.get_event_loop().call_later(delay_s, self._kill)

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _kill(self) -> None:
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return


class WorkerPool:
    """Keeps ``count`` workers. The first one loads the model alone; the others follow when it has."""

    def __init__(
        self,
        count: int,
        spawn: Callable[[socket.socket], None],
        *,
        timeout_s: float,
        on_hopeless: Callable[[], None],
    ) -> None:
        """spawn: starts a worker at the other end of a socket; it may raise OSError.

        timeout_s: of one request; 0: no limit.

        on_hopeless: called when no worker can load the model.
        """
        self._count = count
        self._spawn = spawn
        self._timeout_s = timeout_s
        self._on_hopeless = on_hopeless
        self._links: list[WorkerLink] = []
        self._idle: list[WorkerLink] = []
        self._waiting: deque[Exchange] = deque()
        self._failed_starts = 0
        self._closed = False
        self.ready = False
        """A worker has loaded the model at some time."""

    async def start_worker(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                self._spawn(theirs)
        except OSError as error:
            ours.close()
            sys.stderr.write("No worker can be started any more: {}\n".format(error.strerror))
            self._on_hopeless()
            return
        ours.setblocking(False)
        await asyncio.get_event_loop().create_unix_connection(lambda: WorkerLink(self), sock=ours)

    @property
    def in_flight(self) -> int:
        return len(self._waiting) + sum(link.exchange is not None for link in self._links)

    def submit(self, exchange: Exchange) -> bool:
        """Has a request answered. Returns False when too many wait already."""
        if self._idle:
            self._give(self._idle.pop(), exchange)
        elif len(self._waiting) >= MOST_WAITING:
            return False
        else:
            self._waiting.append(exchange)
        return True

    def abandon(self, exchange: Exchange) -> None:
        """Nobody waits for the answer any more."""
        exchange.abandoned = True
        if exchange in self._waiting:
            self._waiting.remove(exchange)
        elif exchange.worker is not None and exchange.worker.exchange is exchange:
            exchange.worker.kill_in(self._timeout_s or ABANDONED_S)

    def tell_all(self, frame: bytes) -> None:
        for link in self._links:
            link.transport.write(frame)

    def close(self) -> None:
        self._closed = True
        for link in self._links:
            link.transport.close()

    # Called by links

    def started(self, link: WorkerLink) -> None:
        self._links.append(link)

    def became_idle(self, link: WorkerLink) -> None:
        link.cancel_timer()
        self._failed_starts = 0
        if not self.ready:
            self.ready = True
            for _ in range(self._count - 1):
                self._start_soon(0.0)
        if self._waiting:
            self._give(link, self._waiting.popleft())
        else:
            self._idle.append(link)

    def lost(self, link: WorkerLink) -> None:
        self._links.remove(link)
        if link in self._idle:
            self._idle.remove(link)
        exchange, link.exchange = link.exchange, None
        if exchange is not None:
            exchange.on_lost()
        if self._closed:
            return
        if link.loaded:
            sys.stderr.write("The worker {} has ended; another one is started\n".format(link.pid))
            self._start_soon(0.0)
            return
        if not link.failed:
            sys.stderr.write("The worker {} was killed while it loaded the model\n".format(link.pid))
        self._failed_starts += 1
        if not self.ready or (self._failed_starts >= MOST_FAILED_STARTS and not self._links):
            self._on_hopeless()
            return
        self._start_soon(min(SLOWEST_RESTART_S, 2.0**self._failed_starts))

    def _give(self, link: WorkerLink, exchange: Exchange) -> None:
        link.take(exchange)
        if self._timeout_s:
            link.kill_in(self._timeout_s)

    def _start_soon(self, delay_s: float) -> None:
        loop = asyncio.get_event_loop()
        loop.call_later(delay_s, lambda: self._closed or loop.create_task(self.start_worker()))
