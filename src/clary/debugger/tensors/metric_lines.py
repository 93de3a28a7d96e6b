"""Metrics of a training for the platform: JSON lines in ``$SAGEMAKER_METRICS_DIRECTORY/<pid>.json``."""

from __future__ import annotations

import json
import math
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .modes import Mode

DIRECTORY = "SAGEMAKER_METRICS_DIRECTORY"


class MetricLines:
    """Appends to the file of this process; a line is whole or not there. Nothing happens without a folder."""

    def __init__(self, folder: str | None = None) -> None:
        self._folder = os.environ.get(DIRECTORY) if folder is None else folder

    def log(self, name: str, value: float, mode: Mode, step: int, at: float | None = None) -> bool:
        """Whether the point was written. The mode's name is put behind the metric's; no NaN, no infinity.

        at: epoch seconds, now by default. Raises OSError.
        """
        number = float(value)
        if not self._folder or not math.isfinite(number):
            return False
        point = {
            "MetricName": f"{name}_{mode.name}",
            "Value": number,
            "Timestamp": time.time() if at is None else at,
            "IterationNumber": step,
        }
        path = os.path.join(self._folder, f"{os.getpid()}.json")
        # Opened for every line: a forked child writes to a file of its own, and nothing is left to flush.
        with open(path, "ab", buffering=0) as file:
            file.write(json.dumps(point).encode() + b"\n")
        return True
