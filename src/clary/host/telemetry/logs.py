"""Sends every line of the user's process to its log stream, exactly once.

The agent counts the events of its stream. The count is the ``sequenceToken`` of the next batch. When the
answer to a batch was lost, the server has more events than the count and says so; these events are skipped.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from ..client.service import Service, ServiceError
from ..errors import Gone
from .spool import Record, Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_EVENTS = 10_000
MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
MAX_LINE_BYTES = 262_144 - EVENT_OVERHEAD_BYTES
FLUSH_EVERY_S = 0.1
FULL_DISK_PATIENCE_S = 10.0
_TOKEN_ERRORS = ("DataAlreadyAcceptedException", "InvalidSequenceTokenException")


class LogShipper:
    """A thread that sends the lines of ``write``. ``on_gone``: called when the server accepts no more."""

    def __init__(
        self,
        service: Service,
        group: str,
        stream: str,
        spool: Spool,
        on_gone: Callable[[Gone], None],
        note: Callable[[str], None],
        *,
        position: int = 0,
    ) -> None:
        """position: how many events the stream has from earlier attempts."""
        self._service = service
        self._names = {"logGroupName": group, "logStreamName": stream}
        self._spool = spool
        self._on_gone = on_gone
        self._note = note
        self._accepted = position
        self._newest_ms = 0
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
        self._thread.start()

    def write(self, lines: Sequence[bytes]) -> None:
        """Queues lines, without their line ends, with the current time. May be called from any thread.

        On a full disk it waits for space, which blocks the writer of the lines, and then raises OSError.
        """
        with self._writing:
            # The events of a stream are ordered by time, and the clock may be set back.
            self._newest_ms = max(self._newest_ms, int(time.time() * 1000))
            records = [Record(self._newest_ms, piece) for line in lines for piece in _pieces(line)]
            until = time.monotonic() + FULL_DISK_PATIENCE_S
            while True:
                try:
                    return self._spool.append(records)
                except OSError as error:
                    if time.monotonic() > until:
                        raise
                    self._note(f"log lines wait for disk space: {error}")
                    time.sleep(0.5)

    def close(self) -> None:
        """Returns when the server has accepted every line. Waits without limit while the server is away."""
        self._spool.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._spool.finished:
                if self._spool.wait():
                    batch = self._spool.peek(MAX_EVENTS, MAX_BATCH_BYTES, EVENT_OVERHEAD_BYTES)
                    self._send(batch)
                    self._spool.drop(batch)
                    # Waits a moment, so that the next lines are part of the same request.
                    self._spool.wait_closed(FLUSH_EVERY_S)
        except Gone as gone:
            self._on_gone(gone)

    def _send(self, batch: Sequence[Record]) -> None:
        done = 0
        while done < len(batch):
            known = self._accepted
            try:
                self._service.logs("PutLogEvents", self._request(batch[done:], known))
                self._accepted = known + len(batch) - done
                return
            except ServiceError as error:
                if error.code in _TOKEN_ERRORS:
                    done += self._already_there(error, known)
                elif error.code == "ResourceNotFoundException":
                    self._create_stream()
                elif error.refused:
                    raise Gone(f"PutLogEvents was refused for good: {error}") from error
                else:
                    # It would be refused again, and block every later line.
                    self._note(f"{len(batch) - done} log lines were not accepted: {error}")
                    return

    def _request(self, records: Sequence[Record], accepted: int) -> dict[str, Any]:
        return {
            **self._names,
            "sequenceToken": str(accepted),
            "logEvents": [{"timestamp": record.at_ms, "message": record.data.decode()} for record in records],
        }

    def _already_there(self, error: ServiceError, known: int) -> int:
        """Returns how many events of the batch the server has already."""
        expected = int(error.document.get("expectedSequenceToken") or 0)
        self._accepted = expected
        if expected == known:
            time.sleep(FLUSH_EVERY_S)  # the server contradicts itself: do not retry without a pause
        return max(0, expected - known)

    def _create_stream(self) -> None:
        for operation, names in (
            ("CreateLogGroup", {"logGroupName": self._names["logGroupName"]}),
            ("CreateLogStream", self._names),
        ):
            try:
                self._service.logs(operation, names)
            except ServiceError as error:
                # The group usually exists, and a host may not be allowed to create it.
                if operation == "CreateLogStream" and error.code != "ResourceAlreadyExistsException":
                    raise Gone(f"{operation} was refused for good: {error}") from error


def _pieces(line: bytes) -> list[bytes]:
    """Splits a line into messages within the limit: never empty, and never inside a character."""
    line = line.decode("utf-8", "replace").encode() or b" "
    pieces = []
    while len(line) > MAX_LINE_BYTES:
        cut = MAX_LINE_BYTES
        while cut > MAX_LINE_BYTES - 4 and line[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(line[:cut])
        line = line[cut:]
    return [*pieces, line]
