"""What lies at a place in S3, as one short text: equal texts, equal content.

One object is told by its ETag. Of several, the texts of keys and ETags are hashed together, so that an object
that was added, removed or overwritten gives another text.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_OBJECTS = 10_000
"""Places with more are not compared: listing them would take longer than it tells."""
TOO_MANY = f"over {MOST_OBJECTS} objects"
NOTHING = "no objects"


def content_of(prefix: str, objects: Iterable[tuple[str, str]]) -> str:
    """objects: (key, ETag) of all whose keys begin with ``prefix``, in the order of their keys."""
    digest, count, only = hashlib.sha256(), 0, ""
    for key, etag in objects:
        count += 1
        if count > MOST_OBJECTS:
            return TOO_MANY
        only = etag.strip('"')
        digest.update(f"{key[len(prefix) :]}\0{only}\n".encode("utf-8", "surrogateescape"))
    if not count:
        return NOTHING
    told = only if count == 1 else digest.hexdigest()[:32]
    return f"etag {told}, {count} object{'s' if count > 1 else ''}"
