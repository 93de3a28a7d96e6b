"""What the server tells the owner of an endpoint: lines of the stream ``<variant>/data-log`` of its log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from clary.domain.errors import PlatformError
from clary.kinds.endpoint import KIND

if TYPE_CHECKING:
    from clary.server.platform import Platform

log = logging.getLogger("clary.server")


def tell_owner(platform: Platform, endpoint: str, variant: str, line: str) -> None:
    """Appends a line. Where there is no log any more, the server's own log gets its beginning."""
    cluster = KIND.cluster
    assert cluster is not None
    group, stream, now = cluster.group_of(endpoint), f"{variant}/data-log", platform.now()
    try:
        platform.logs.create_stream(group, stream, now, exist_ok=True)
        platform.logs.append(group, stream, [(int(now * 1000), line)], now, steady=True)
    except PlatformError:
        log.warning("endpoint %s, variant %s: %.200s", endpoint, variant, line.partition("\n")[0])
