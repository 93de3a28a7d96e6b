"""Names for jobs that nobody named."""

from __future__ import annotations

import re
import time

LONGEST = 63


def job_name(base: str) -> str:
    """``base`` made fit for a training job's name, with the time to the millisecond behind it."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime(now)) + f"-{int(now * 1000) % 1000:03d}"
    clean = re.sub(r"[^a-zA-Z0-9]+", "-", base).strip("-") or "job"
    return f"{clean[: LONGEST - len(stamp) - 1].rstrip('-')}-{stamp}"
