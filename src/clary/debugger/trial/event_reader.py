"""Reads records of event files and decodes them to arrays."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..tensors.event import decode
from ..tensors.layout import parse_step_file
from ..tensors.protobuf import BadMessage
from ..tensors.records import BadRecord, payload_of
from .errors import CorruptFile, NotSaved
from .files import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .files import Files
    from .step_catalogue import WorkerStep

POLL_S = 0.2


class EventReader:
    """Reads tensors of one trial.

    wait_s: how long to wait for an event file that the index names: uploads may finish in another order.
    """

    def __init__(self, files: Files, wait_s: float, sleep: Callable[[float], Any] = time.sleep) -> None:
        self._files = files
        self._wait_s = wait_s
        self._sleep = sleep

    def arrays(self, entry: WorkerStep, names: Sequence[str], positions: Sequence[int]) -> list[Any]:
        """The tensors at these positions of an index file, as read-only views.

        names: the expected name of each. Raises CorruptFile (also for another name in a record), NotSaved.
        """
        if entry.event_file is None:
            raise NotSaved(f"step {entry.step} has shapes only")
        spans = [Span(entry.starts[position], entry.lengths[position]) for position in positions]
        contents = self._read(entry, spans)
        return [
            self._array(entry.event_file, name, start, length, content)
            for name, (start, length), content in zip(names, spans, contents)
        ]

    def _read(self, entry: WorkerStep, spans: Sequence[Any]) -> list[Any]:
        path = entry.event_file or ""
        waited_s = 0.0
        while True:
            try:
                return self._files.read_spans(path, spans)
            except FileNotFoundError as error:
                if waited_s >= self._wait_s or self._files.ended() or self._is_lost(path, entry.worker):
                    where = self._files.locate(path)
                    raise NotSaved(f"{where} is in the index and not there") from error
            self._sleep(POLL_S)
            waited_s += POLL_S

    def _is_lost(self, path: str, worker: str) -> bool:
        """Whether the worker has written a later event file: this one will then not appear any more."""
        for later in self._files.event_files_after(path):
            parsed = parse_step_file(later)
            if parsed is not None and parsed.worker == worker:
                return True
        return False

    def _array(self, path: str, name: str, start: int, length: int, content: Any) -> Any:
        where = self._files.locate(path)
        if len(content) < length:
            raise CorruptFile(where, f"the file ends {length - len(content)} bytes too early", start)
        try:
            payload, _ = payload_of(content)
        except BadRecord as error:
            raise CorruptFile(where, error.what, start + error.offset) from error
        try:
            event = decode(payload)
        except BadMessage as error:
            raise CorruptFile(where, str(error), start) from error
        if event.name != name:
            raise CorruptFile(where, f"the index says {name!r} and the record says {event.name!r}", start)
        event.value.flags.writeable = False
        return event.value
