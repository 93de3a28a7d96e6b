"""Identifies the content below an S3 prefix by one short text: equal texts mean equal content.

The text of one object is its ETag. The keys and ETags of several objects are hashed together, so an object
that was added, removed or overwritten gives another text.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_OBJECTS = 10_000
"""Prefixes with more objects are not compared, because to list them takes too long."""
TOO_MANY = f"over {MOST_OBJECTS} objects"
NOTHING = "no objects"


def content_of(prefix: str, objects: Iterable[tuple[str, str]]) -> str:
    """Returns the text for objects below ``prefix``.

    objects: (key, ETag) of all whose keys begin with ``prefix``, in the order of their keys.
    """
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
