"""What a job finds where its inputs lie, as it starts: its source, channels and checkpoint, known by content.

``trace`` and ``rerun`` compare it with what lies there later. Its role has to read them anyway; an input that
the role may not read is left out.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from clary.domain.content import MOST_OBJECTS, content_of
from clary.domain.errors import PlatformError
from clary.host.client.s3 import S3Uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clary.domain.hosts import HostName

log = logging.getLogger("clary.runner")

Document = dict[str, Any]


def inputs_seen(
    places: Mapping[str, str], host: HostName, locate: Callable[[Document], Document]
) -> dict[str, str]:
    """Name of an input to its content.

    places: name of an input to its URI. locate: LocateObjects, as the host may call it. It may raise
    PlatformError.
    """
    seen: dict[str, str] = {}
    for name, uri in places.items():
        try:
            place = S3Uri.parse(uri)
            seen[name] = content_of(place.key, _objects(place, locate))
        except (PlatformError, ValueError) as error:
            log.info("%s: its input %s could not be listed: %s", host, name, error)
    return seen


def _objects(place: S3Uri, locate: Callable[[Document], Document]) -> Iterator[tuple[str, str]]:
    """(key, ETag) of each, up to one more than are compared."""
    after, count = "", 0
    while count <= MOST_OBJECTS:
        page = locate({"Bucket": place.bucket, "Prefix": place.key, "StartAfter": after})
        yield from ((each["Key"], each["ETag"]) for each in page["Objects"])
        count += len(page["Objects"])
        if "NextStartAfter" not in page:
            return
        after = page["NextStartAfter"]
