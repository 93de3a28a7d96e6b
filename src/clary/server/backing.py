"""Opens what has the objects: files, the S3 behind Clary, or another S3 itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clary.server.settings import SettingsError
from clary.server.shared_folder import share_folder
from clary.store.backing.address import parse_address
from clary.store.backing.place import require_none, take_direct_place, take_place
from clary.store.blobs import BlobStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clary.server.settings import Settings
    from clary.server.state import StateFolder
    from clary.store.backing.address import BackingAddress
    from clary.store.backing.bucket import BackingBucket
    from clary.store.backing.content import BackingContent
    from clary.store.database import Database
    from clary.store.object_store import S3Store
    from clary.store.records import Records


def open_objects(
    settings: Settings,
    state: StateFolder,
    database: Database,
    records: Records,
    copies: str,
    now: Callable[[], float] = time.time,
) -> S3Store:
    """copies: as for ``BlobStore``. Raises Misplaced and BackingError."""
    folder = state.blobs / "backing"
    backing = open_backing(settings, database, folder, now)
    if not settings.s3_direct:
        if backing is None:
            share_folder(state, database, records)
        return BlobStore(state.blobs, database, copies=copies, backing=backing)
    from clary.store.direct.client import DirectClient
    from clary.store.direct.store import DirectStore

    return DirectStore(
        DirectClient(backing_address(settings)),
        folder,
        owner=settings.account,
        cache_bytes=settings.s3_cache_mb << 20,
        now=now,
    )


def open_backing(
    settings: Settings, database: Database, folder: Path, now: Callable[[], float] = time.time
) -> BackingContent | None:
    """Returns the content in the S3 that the settings name; None when they name none, or one to use directly.

    folder: for files of this server. Raises Misplaced and BackingError.
    """
    if settings.s3_direct:
        take_direct_place(backing_address(settings).endpoint, database)
        return None
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


def require_other_s3(settings: Settings, url: str) -> None:
    """Raises SettingsError for an S3 that is this server itself: each request would make another."""
    if not settings.s3:
        return
    there, here = urlsplit(backing_address(settings).endpoint), urlsplit(url)
    if there.port == here.port and there.hostname in (here.hostname, "localhost", "127.0.0.1"):
        raise SettingsError(f"CLARY_S3 is {settings.s3}, which is this server itself; name another S3")


def backing_address(settings: Settings) -> BackingAddress:
    """Raises ValueError."""
    keys = (settings.s3_access_key_id, settings.s3_secret_access_key) if settings.s3_access_key_id else None
    return parse_address(settings.s3, region=settings.s3_region, addressing=settings.s3_addressing, keys=keys)
