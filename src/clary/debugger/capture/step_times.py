"""Records how long steps take, in the profiler's file format. Works with and without saved tensors.

    begin(mode)   ends the step before and starts one of this mode
    mark()        notes the time: work of the current step has ended now
    close()       ends the last step at its last mark

A step lasts until the next step of its mode begins, so that waiting for data and saving checkpoints count.
Before a change of mode it lasts until its last mark: a validation is not part of the training step before it.

A step costs one or two readings of the clock and one append. A thread writes the files: the first after one
second, to show that the training has begun, then one every five seconds. The longer the training lasts, the
longer the time between two files, up to one minute, so that a long training does not make too many files.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Tuple

from ..tensors import Mode
from ..tensors.files import write_atomically
from .guard import log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIRST_FILE_S = 1.0
SHORTEST_FILE_S = 5.0
LONGEST_FILE_S = 60.0
SHARE = 60
"""The time between two files is 1/60 of the time since the first step, within the two limits above."""
WAKE_AT_STEPS = 20_000
"""With this many steps in memory, the thread is woken to write them."""
MAX_WAITING_STEPS = 200_000
"""With this many steps in memory, further steps are not recorded."""
_HEAD = (
    '[\n{{"name":"process_name","ph":"M","pid":0,"args":{{"start_time_since_epoch_in_micros":{start}}}}},\n'
    '{{"name":"process_sort_index","ph":"M","pid":0,"args":{{"sort_index":0}}}}'
)
_PHASE = (
    ',\n{{"name":"process_name","ph":"M","pid":{number},"args":{{"name":"{name}"}}}},\n'
    '{{"name":"process_sort_index","ph":"M","pid":{number},"args":{{"sort_index":{number}}}}}'
)


StepTime = Tuple[Mode, int, float, float]
"""Mode, number within it, begin and end in seconds of a monotonic clock."""


class StepTimes:
    """The step times of one process. ``stopped``: why nothing is written any more; None while it works."""

    def __init__(
        self, folder: str, node: str, clock: Callable[[], float] = time.perf_counter, *, thread: bool = True
    ) -> None:
        """folder: the profiler's. node: ``<rank or process>-<host>``. thread: whether to start the thread."""
        self.stopped: str | None = None
        self._folder = folder
        self._node = node.replace("_", "-")
        self._clock = clock
        self._numbers = dict.fromkeys(Mode, -1)
        self._mode: Mode | None = None
        self._begun = self._started = clock()
        self._marked: float | None = None
        self._done: deque[StepTime] = deque()
        # Re-entrant: a signal handler may call close() in the thread that holds the lock.
        self._writing = threading.RLock()
        self._closing = False
        self._wake = threading.Event()
        self._last_name_us = 0
        if thread:
            threading.Thread(target=self._run, name="clary step times", daemon=True).start()

    def begin(self, mode: Mode, number: int | None = None) -> None:
        """Ends the step before and starts the next one.

        number: of the step within its mode, if the framework counts steps itself.
        """
        now = self._clock()
        before = self._mode
        if before is not None:
            self._end(now if before is mode or self._marked is None else self._marked)
        self._mode = mode
        self._numbers[mode] = self._numbers[mode] + 1 if number is None else number
        self._begun, self._marked = now, None

    def mark(self) -> None:
        """Notes that work of the current step has ended now."""
        self._marked = self._clock()

    def end(self) -> None:
        """Ends the current step now. The time until the next ``begin`` belongs to no step."""
        if self._mode is not None:
            self._end(self._clock())
            self._mode = None

    def close(self) -> None:
        """Ends the last step and writes the remaining steps. A second call does nothing."""
        if self._mode is not None:
            self._end(self._clock() if self._marked is None else self._marked)
            self._mode = None
        self._closing = True
        self._wake.set()
        self.flush()

    def flush(self) -> None:
        """Writes a file of the steps that have ended, if there are any. Does not raise."""
        with self._writing:
            steps = [self._done.popleft() for _ in range(len(self._done))]
            if not steps or self.stopped is not None:
                return
            try:
                self._write(steps)
            except Exception as error:
                self.stopped = str(error)
                log.warning("Step times are not recorded any more: %s", error)

    def _end(self, at: float) -> None:
        waiting = len(self._done)
        if waiting < MAX_WAITING_STEPS and self.stopped is None:
            assert self._mode is not None
            self._done.append((self._mode, self._numbers[self._mode], self._begun, at))
            if waiting == WAKE_AT_STEPS:
                self._wake.set()

    def _run(self) -> None:
        wait_s = FIRST_FILE_S
        while self.stopped is None:
            self._wake.wait(wait_s)
            if self._closing:
                return
            self._wake.clear()
            if self._done:
                self.flush()
                age_s = self._clock() - self._started
                wait_s = min(max(age_s / SHARE, SHORTEST_FILE_S), LONGEST_FILE_S)

    def _write(self, steps: Sequence[StepTime]) -> None:
        # Compute the offset for each file: the system clock may be set, and the machine may sleep meanwhile.
        epoch_us = time.time() * 1e6 - self._clock() * 1e6
        content, end_us = trace(steps, epoch_us, os.getpid())
        self._last_name_us = max(end_us, self._last_name_us + 1)
        hour = time.strftime("%Y%m%d%H", time.gmtime(end_us // 1_000_000))
        name = "{}_{}_pythontimeline.json".format(self._last_name_us, self._node)
        write_atomically(os.path.join(self._folder, "framework/pevents", hour, name), [content])


def trace(steps: Sequence[StepTime], epoch_us: float, pid: int) -> tuple[bytes, int]:
    """The content of a file of steps, and the end of the last step in epoch microseconds.

    steps: at least one. epoch_us: the offset from their clock to the epoch, in microseconds. Times in the
    file are whole microseconds after its start.
    """
    start_us = int(epoch_us + steps[0][2] * 1e6)
    offset_us = epoch_us - start_us
    parts = [_HEAD.format(start=start_us)]
    modes: dict[Mode, tuple[str, int]] = {}
    for mode, number, begin, end in steps:
        known = modes.get(mode)
        if known is None:
            known = modes[mode] = ("Step:ModeKeys." + mode.name, len(modes) + 1)
            parts.append(_PHASE.format(name=known[0], number=known[1]))
        parts.append(
            ',\n{"name":"%s","pid":%d,"ph":"X","ts":%d,"dur":%d,"args":{"pid":"%d","step_num":"%d"}}'
            % (*known, begin * 1e6 + offset_us, (end - begin) * 1e6, pid, number)
        )
    parts.append("\n]\n")
    return "".join(parts).encode(), int(epoch_us + max(end for _, _, _, end in steps) * 1e6)
