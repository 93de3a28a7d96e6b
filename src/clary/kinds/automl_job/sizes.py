"""The instances of an Autopilot job's jobs: as large as its table needs, so that several fit a machine."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

OF_ANALYSIS = "ml.m5.xlarge"
"""Nothing is known of the table yet. A smaller machine gives what it has."""

_SIZES = (
    ("ml.t3.medium", 4),
    ("ml.c5.xlarge", 8),
    ("ml.m5.xlarge", 16),
    ("ml.m5.2xlarge", 32),
    ("ml.m5.4xlarge", 64),
    ("ml.m5.12xlarge", 192),
    ("ml.m5.24xlarge", 384),
)
"""With their memory in GiB. From the second one on, several threads fit a table."""

UNKNOWN_MIB = 16 << 10
"""Of a plan that does not say what its candidates need."""

TOO_SMALL = "Out of memory"
"""A part of the failure reason of a job that needed more than its instance has."""


def instance_of(record: Document) -> str:
    """The instance type of jobs that hold the table.

    After a job that ran out of memory, those that follow get the next larger one: the need is an estimate.
    """
    return _size_of(record)[0]


def memory_mib_of(record: Document) -> int:
    return _size_of(record)[1] << 10


def _size_of(record: Document) -> tuple[str, int]:
    need_mib = record["_Plan"].get("MemoryMib", UNKNOWN_MIB)
    place = next((n for n, (_, gib) in enumerate(_SIZES) if need_mib <= gib << 10), len(_SIZES) - 1)
    short = any(TOO_SMALL in entry.get("FailureReason", "") for entry in record["_Book"])
    return _SIZES[min(place + short, len(_SIZES) - 1)]
