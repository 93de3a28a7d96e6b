"""The names of the jobs that an Autopilot job makes. They differ from those of an earlier one of its name."""

from __future__ import annotations

import hashlib
from typing import Any

Document = dict[str, Any]

_LONGEST_TUNING_NAME = 32


def job_name(record: Document, what: str) -> str:
    """what: ``t3-lightgbm`` for the third candidate, for example; at most 21 characters."""
    return f"{record['AutoMLJobName']}-{what}-{_digest(record, what)}"


def tuning_name(record: Document) -> str:
    """A tuning job may have 32 characters, as many as the Autopilot job."""
    tail = f"-tuning-{_digest(record, 'tuning')}"
    name: str = record["AutoMLJobName"]
    return name[: _LONGEST_TUNING_NAME - len(tail)].rstrip("-") + tail


def _digest(record: Document, what: str) -> str:
    own = f"{record['AutoMLJobName']}/{record['CreationTime']}/{what}"
    return hashlib.sha256(own.encode()).hexdigest()[:8]
