"""The counters of a writer: what it saved and what it dropped."""

from __future__ import annotations

from typing import NamedTuple


class Report(NamedTuple):
    """The counters so far. ``stopped``: why capture ended before the training did; None while it works."""

    saved_steps: int = 0
    saved_bytes: int = 0
    dropped_steps: int = 0
    dropped_tensors: int = 0
    stopped: str | None = None

    @property
    def lost_something(self) -> bool:
        return bool(self.dropped_steps or self.dropped_tensors or self.stopped)

    def __str__(self) -> str:
        text = f"{self.saved_steps} steps saved ({self.saved_bytes / 1e6:.1f} MB)"
        if self.dropped_steps:
            text += f", {self.dropped_steps} steps dropped"
        if self.dropped_tensors:
            text += f", {self.dropped_tensors} tensors of saved steps dropped"
        return text if self.stopped is None else f"{text}; capture stopped: {self.stopped}"
