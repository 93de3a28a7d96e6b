"""Tries everything that Clary asks of the S3 behind it, for ``clary doctor``."""

from __future__ import annotations

import contextlib
import secrets
import time
from typing import TYPE_CHECKING

from .failures import BackingError, BackingRefused

if TYPE_CHECKING:
    from .bucket import BackingBucket

CONTENT = b"Clary tries this bucket."


def try_bucket(bucket: BackingBucket) -> float:
    """Writes, reads, copies and removes content of its own. Returns the seconds that one write takes.

    A bucket that nobody named is made first. Raises BackingError for what does not work.
    """
    name, copy = secrets.token_hex(16), secrets.token_hex(16)
    if bucket.address.makes_bucket:
        bucket.make()
    try:
        bucket.put(name, CONTENT, len(CONTENT))
        began = time.monotonic()
        bucket.put(name, CONTENT, len(CONTENT))
        took_s = time.monotonic() - began
        with contextlib.closing(bucket.read(name, 6, 10)) as stream:
            if stream.read() != CONTENT[6:11]:
                raise BackingRefused(f"the S3 {bucket.address} does not read ranges")
        if bucket.size_of(name) != len(CONTENT):
            raise BackingRefused(f"the S3 {bucket.address} does not say how large content is")
        bucket.copy(name, copy, len(CONTENT))
        upload = bucket.begin(copy)
        etag = bucket.put_part(copy, upload, 1, CONTENT, len(CONTENT))
        bucket.complete(copy, upload, [(1, etag)])
        bucket.begin(copy)
        bucket.abort_all(copy)
    except BackingError:
        # The first error says more than one of cleaning up.
        for each in (name, copy):
            with contextlib.suppress(BackingError):
                bucket.delete(each)
        raise
    for each in (name, copy):
        bucket.delete(each)
    if bucket.size_of(name) is not None:
        raise BackingRefused(f"the S3 {bucket.address} does not delete content")
    return took_s
