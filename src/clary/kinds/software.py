"""Lists the packages of a job's environment in a log stream, where clients of CloudWatch Logs can read it.

An environment's list is a log stream of its own, named after the environment and the list's content. Jobs
with the same packages name the same stream, so that it is written once.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.store.logs import LogStore

LOG_GROUP = "/clary/environments"


def keep_packages(logs: LogStore, environment: str, packages: Sequence[str], now: float) -> str:
    """Writes the list unless it is there already; returns the name of its stream, empty without a list.

    environment: its name. packages: each as ``torch==2.6.0``.
    """
    if not packages:
        return ""
    digest = hashlib.sha256("\n".join(packages).encode()).hexdigest()[:12]
    stream = f"{environment}/{digest}"
    logs.create_group(LOG_GROUP, now, exist_ok=True)
    logs.create_stream(LOG_GROUP, stream, now, exist_ok=True)
    if logs.stream(LOG_GROUP, stream).event_count == 0:
        events = [(int(now * 1000), package) for package in packages]
        logs.append(LOG_GROUP, stream, events, now, steady=True)
    return stream
