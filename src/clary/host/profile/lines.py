"""Formats readings as lines of the profiler's system files: one JSON object a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .readings import DeviceReading


class LineFormat:
    """The format for one host. Parts that do not change are formatted once."""

    def __init__(self, node: str) -> None:
        self._end = f',"NodeId":{json.dumps(node)},"Timestamp":'
        self._beginnings: dict[tuple[str, str, str], str] = {}

    def lines(self, readings: Iterable[DeviceReading], at_s: float) -> bytes:
        """Returns complete lines, all with the time stamp ``at_s`` (epoch seconds)."""
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
