"""Writes metrics for the platform: JSON lines in ``$SAGEMAKER_METRICS_DIRECTORY/<pid>.json``."""

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
    """Appends points to the file of this process, each line in one write. Without a folder it does nothing.

    folder: by default the one that ``$SAGEMAKER_METRICS_DIRECTORY`` names.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = os.environ.get(DIRECTORY) if folder is None else folder

    def log(self, name: str, value: float, mode: Mode, step: int, at: float | None = None) -> bool:
        """Writes one point as the metric ``<name>_<MODE>``.

        at: epoch seconds, by default now. Returns whether the point was written: NaN and infinity are not.
        Raises OSError.
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
        # Open the file for every line: a forked child then writes to its own file, and nothing needs a flush.
        with open(path, "ab", buffering=0) as file:
            file.write(json.dumps(point).encode() + b"\n")
        return True
