"""What a rule says when its condition is met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation, with the numbers that show it.

    ``tensor`` is the name of what was looked at: a tensor of the trial, or for a profiler rule the
    device (``algo-1/gpu0``). ``value`` is compared with ``threshold``; ``message`` says in one
    sentence what was seen.
    """

    step: int
    tensor: str
    value: float
    threshold: float
    message: str
    worker: str = ""
