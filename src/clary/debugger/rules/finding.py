"""A finding: what a rule reports when its condition is met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation of a rule.

    tensor: the name of the tensor, or of the device for a profiler rule (``algo-1/gpu0``). value: the number
    that was compared with ``threshold``. message: one sentence about the violation.
    """

    step: int
    tensor: str
    value: float
    threshold: float
    message: str
    worker: str = ""
