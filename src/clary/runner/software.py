"""What really ran: every package of a job's environment, kept where a client of CloudWatch Logs can read it.

An environment's list is a log stream of its own, named after the environment and the list's content. Jobs
with the same packages name the same stream, so that it is written once.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clary.store.logs import LogStore

    from .context import ReadyImage

LOG_GROUP = "/clary/environments"


def keep_packages(logs: LogStore, image: ReadyImage, now: float) -> str:
    """Writes the list where it is not written yet; answers the name of its stream, empty without a list."""
    if not image.packages:
        return ""
    digest = hashlib.sha256("\n".join(image.packages).encode()).hexdigest()[:12]
    stream = f"{image.environment.name}/{digest}"
    logs.create_group(LOG_GROUP, now, exist_ok=True)
    logs.create_stream(LOG_GROUP, stream, now, exist_ok=True)
    if logs.stream(LOG_GROUP, stream).event_count == 0:
        events = [(int(now * 1000), package) for package in image.packages]
        logs.append(LOG_GROUP, stream, events, now, steady=True)
    return stream
