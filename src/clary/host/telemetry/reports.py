"""Reports the state of this host to the server. Each report replaces the one before it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..client.service import Service, ServiceError
from ..errors import Gone

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.domain.hosts import HostReport


class Reporter:
    """A thread that sends the newest report. A report that is replaced before it was sent is dropped."""

    def __init__(self, service: Service, host: str, on_gone: Callable[[Gone], None]) -> None:
        self._service = service
        self._host = host
        self._on_gone = on_gone
        self._changed = threading.Condition()
        self._waiting: HostReport | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)
        self._thread.start()

    def send(self, report: HostReport) -> None:
        with self._changed:
            self._waiting = report
            self._changed.notify()

    def close(self) -> None:
        """Returns when the last report is accepted. Waits without limit while the server is away."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while (report := self._next()) is not None:
                request = {"Host": self._host, "Report": report.to_document()}
                self._service.operation("ReportHost", request)
        except ServiceError as error:
            self._on_gone(Gone(f"ReportHost was refused for good: {error}"))

    def _next(self) -> HostReport | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None or self._closed)
            report, self._waiting = self._waiting, None
            return report
