"""Sends metric points to the server.

Points come from log lines (``line_metrics``) and from the files of a tracker (``tracker_files``). A batch
says how many points came before it, so that the server stores each point once, however often a batch arrives.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from ..client.service import Service, ServiceError
from ..errors import Gone
from .spool import Record, Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_POINTS = 1_000
MAX_BATCH_BYTES = 256 << 10
SEND_EVERY_S = 0.5
MAX_SENTENCES = 10
Point = tuple[str, float, "int | None", float]
"""(name, epoch seconds, step or None, value)."""


class MetricShipper:
    """A thread that sends points in order."""

    def __init__(
        self,
        service: Service,
        host: str,
        spool: Spool,
        on_gone: Callable[[Gone], None],
        say: Callable[[str], None],
    ) -> None:
        """say: writes a sentence into the job's log."""
        self._service = service
        self._host = host
        self._spool = spool
        self._on_gone = on_gone
        self._say = say
        self._sentences = 0
        self._accepted = 0
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def put(self, points: Sequence[Point]) -> None:
        """Queues points. May be called from any thread. Raises OSError when the disk is full."""
        self._spool.append([Record(0, json.dumps(point).encode()) for point in points])

    def close(self) -> None:
        """Returns when every point is accepted. Waits without limit while the server is away."""
        self._spool.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._spool.finished:
                if self._spool.wait():
                    batch = self._spool.peek(MAX_POINTS, MAX_BATCH_BYTES)
                    self._send(batch)
                    self._spool.drop(batch)
                    self._spool.wait_closed(SEND_EVERY_S)
        except Gone as gone:
            self._on_gone(gone)

    def _send(self, batch: Sequence[Record]) -> None:
        points = [json.loads(record.data) for record in batch]
        request = {"Host": self._host, "Sequence": self._accepted, "Points": points}
        try:
            self._service.operation("PutHostMetrics", request)
            self._accepted += len(batch)
        except ServiceError as error:
            if error.refused:
                raise Gone(f"PutHostMetrics was refused for good: {error}") from error
            if len(batch) > 1 and error.status < 500:
                # One invalid point must not cause the loss of the others.
                half = len(batch) // 2
                self._send(batch[:half])
                self._send(batch[half:])
            else:
                self._leave_out(points, error)

    def _leave_out(self, points: Sequence[Sequence[object]], error: ServiceError) -> None:
        """Drops refused points, because they would be refused again and block every later point."""
        self._sentences += 1
        if self._sentences <= MAX_SENTENCES:
            what = (
                f"a point of metric {points[0][0]} was"
                if len(points) == 1
                else f"{len(points)} metric points were"
            )
            self._say(f"Clary: {what} not accepted: {error.message}")
