"""Opens the S3 behind Clary that the settings name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from clary.store.backing.address import parse_address
from clary.store.backing.place import require_none, take_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clary.server.settings import Settings
    from clary.store.backing.address import BackingAddress
    from clary.store.backing.bucket import BackingBucket
    from clary.store.backing.content import BackingContent
    from clary.store.database import Database


def open_backing(
    settings: Settings, database: Database, folder: Path, now: Callable[[], float] = time.time
) -> BackingContent | None:
    """Returns the content in the S3 that the settings name; None when they name none.

    folder: for files of this server. Raises Misplaced and BackingError.
    """
    bucket = backing_bucket(settings)
    if bucket is None:
        require_none(database)
        return None
    from clary.store.backing.content import BackingContent

    take_place(bucket, database)
    return BackingContent(bucket, database, folder, cache_bytes=settings.s3_cache_mb << 20, now=now)


def backing_bucket(settings: Settings) -> BackingBucket | None:
    if not settings.s3:
        return None
    from clary.store.backing.bucket import BackingBucket

    return BackingBucket(backing_address(settings))


def backing_address(settings: Settings) -> BackingAddress:
    """Raises ValueError."""
    keys = (settings.s3_access_key_id, settings.s3_secret_access_key) if settings.s3_access_key_id else None
    return parse_address(settings.s3, region=settings.s3_region, addressing=settings.s3_addressing, keys=keys)
