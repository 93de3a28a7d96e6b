"""Which captured losses become metrics of the job: those that tell how they went.

By default a loss is saved every 500 steps. Of a short training that is step 0 alone, and a reader of the
metric would take it for the last value. So the first value waits for a second one, and the hook tells the
last value there was when the training ends. A value that stays alone is no metric, unless no step followed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..tensors.metric_lines import MetricLines

if TYPE_CHECKING:
    from ..tensors import Mode


class JobMetrics:
    """For the training's thread. Steps are those of the mode."""

    def __init__(self) -> None:
        self._lines = MetricLines()
        self._waiting: dict[tuple[str, Mode], tuple[float, int, float]] = {}
        self._steps: dict[tuple[str, Mode], int] = {}
        """The step of the newest value of each metric."""

    def now(self, name: str, value: float, mode: Mode, step: int) -> None:
        """A value that a script asked to be a metric."""
        self._lines.log(name, value, mode, step)

    def add(self, name: str, value: float, mode: Mode, step: int) -> None:
        """A captured value."""
        key = (name, mode)
        if key not in self._steps:
            self._waiting[key] = (value, step, time.time())
        else:
            self._send_waiting(key)
            self._lines.log(name, value, mode, step)
        self._steps[key] = step

    def last(self, name: str, value: float, mode: Mode, step: int) -> None:
        """The last value there was of a metric, captured or not."""
        if self._steps.get((name, mode), step) < step:
            self.add(name, value, mode, step)

    def close(self, last_steps: dict[Mode, int]) -> None:
        for key, (_, step, _) in list(self._waiting.items()):
            if last_steps[key[1]] <= step:
                self._send_waiting(key)

    def _send_waiting(self, key: tuple[str, Mode]) -> None:
        if key in self._waiting:
            value, step, at = self._waiting.pop(key)
            self._lines.log(key[0], value, key[1], step, at)
