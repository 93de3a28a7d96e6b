"""Decides which captured losses become metrics of the job.

By default a loss is saved every 500 steps. In a short training that is step 0 only, and a reader of the
metric would take it for the last value. So the first value is sent only together with a second one, and at
the end the hook adds the last value of the training. A single value is sent only if no step came after it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..tensors.metric_lines import MetricLines

if TYPE_CHECKING:
    from ..tensors import Mode


class TrainingMetrics:
    """The job's metrics of one process. For the training's thread only. Steps are counted within the mode."""

    def __init__(self) -> None:
        self._lines = MetricLines()
        self._waiting: dict[tuple[str, Mode], tuple[float, int, float]] = {}
        self._steps: dict[tuple[str, Mode], int] = {}
        """The step of the newest value of each metric."""

    def log(self, name: str, value: float, mode: Mode, step: int) -> None:
        """Sends a value that the script wants as a metric, at once."""
        self._lines.log(name, value, mode, step)

    def add(self, name: str, value: float, mode: Mode, step: int) -> None:
        """Adds a captured value. It is sent now, or with the next value if it is the first one."""
        key = (name, mode)
        if key not in self._steps:
            self._waiting[key] = (value, step, time.time())
        else:
            self._send_waiting(key)
            self._lines.log(name, value, mode, step)
        self._steps[key] = step

    def add_last(self, name: str, value: float, mode: Mode, step: int) -> None:
        """Adds the last value of a metric at the end of the training, if it was not captured already."""
        if self._steps.get((name, mode), step) < step:
            self.add(name, value, mode, step)

    def close(self, last_steps: dict[Mode, int]) -> None:
        """Sends the first values that no step came after. last_steps: the last step of each mode."""
        for key, (_, step, _) in list(self._waiting.items()):
            if last_steps[key[1]] <= step:
                self._send_waiting(key)

    def _send_waiting(self, key: tuple[str, Mode]) -> None:
        if key in self._waiting:
            value, step, at = self._waiting.pop(key)
            self._lines.log(key[0], value, key[1], step, at)
