"""Readings as the profiler's system files have them: one JSON object a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .readings import DeviceReading


class LineFormat:
    """Of one host. What is the same at every look is made once."""

    def __init__(self, node: str) -> None:
        self._end = f',"NodeId":{json.dumps(node)},"Timestamp":'
        self._beginnings: dict[tuple[str, str, str], str] = {}

    def lines(self, readings: Iterable[DeviceReading], at_s: float) -> bytes:
        """Complete lines, all with the time stamp ``at_s`` (epoch seconds)."""
        end = f"{self._end}{at_s:.6f}}}\n"
        return "".join(
            f"{self._beginning(reading[:3])}{reading.value:.2f}{end}" for reading in readings
        ).encode()

    def _beginning(self, device: tuple[str, str, str]) -> str:
        beginning = self._beginnings.get(device)
        if beginning is None:
            named = dict(zip(("Type", "Name", "Dimension"), device, strict=True))
            beginning = json.dumps(named, separators=(",", ":"))[:-1] + ',"Value":'
            self._beginnings[device] = beginning
        return beginning
