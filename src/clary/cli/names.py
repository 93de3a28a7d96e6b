"""Names for jobs that a user gave no name."""

from __future__ import annotations

import re
import time

LONGEST = 63


def job_name(base: str) -> str:
    """Returns ``base`` as a valid name of a training job, followed by the time in milliseconds."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime(now)) + f"-{int(now * 1000) % 1000:03d}"
    clean = re.sub(r"[^a-zA-Z0-9]+", "-", base).strip("-") or "job"
    return f"{clean[: LONGEST - len(stamp) - 1].rstrip('-')}-{stamp}"


LONGEST_TUNING = 32


def tuning_job_name(base: str) -> str:
    """Returns ``base`` as a valid name of a tuning job, which is shorter, followed by the time in seconds."""
    stamp = time.strftime("%y%m%d-%H%M%S", time.gmtime())
    clean = re.sub(r"[^a-zA-Z0-9]+", "-", base).strip("-") or "tune"
    return f"{clean[: LONGEST_TUNING - len(stamp) - 1].rstrip('-')}-{stamp}"
