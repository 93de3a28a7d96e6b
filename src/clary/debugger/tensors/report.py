"""What a writer did and what it lost, in one line."""

from __future__ import annotations

from typing import NamedTuple, Optional


class Report(NamedTuple):
    """Counts of a writer so far. ``stopped``: why it gave up; None while it works."""

    saved_steps: int = 0
    saved_bytes: int = 0
    dropped_steps: int = 0
    dropped_tensors: int = 0
    stopped: Optional[str] = None

    @property
    def lost_something(self) -> bool:
        return bool(self.dropped_steps or self.dropped_tensors or self.stopped)

    def __str__(self) -> str:
        text = "{} steps saved ({:.1f} MB)".format(self.saved_steps, self.saved_bytes / 1e6)
        if self.dropped_steps:
            text += ", {} steps dropped".format(self.dropped_steps)
        if self.dropped_tensors:
            text += ", {} tensors of saved steps dropped".format(self.dropped_tensors)
        return text if self.stopped is None else "{}; capture stopped: {}".format(text, self.stopped)
