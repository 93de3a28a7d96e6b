"""The store whose buckets and objects are those of another S3."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from clary.store.backing.cache import ContentCache
from clary.store.staging import BlobWriter

from .buckets import DirectBuckets
from .objects import DirectObjects
from .spool import MEMORY_BYTES, BodySpool
from .uploads import DirectUploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from clary.store.object_rows import StoredObject

    from .client import DirectClient


class DirectStore:
    """Safe to use from any thread. Implements S3Store."""

    is_far = True

    def __init__(
        self,
        client: DirectClient,
        folder: Path,
        *,
        owner: str,
        cache_bytes: int = 0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """folder: for files of this process: content that was read, and bodies on their way."""
        folder.mkdir(parents=True, exist_ok=True)
        self._client = client
        self._folder = folder
        self.buckets = DirectBuckets(client, owner)
        self.objects = DirectObjects(client, ContentCache(folder / "cache", cache_bytes))
        self.uploads = DirectUploads(client, folder, self.objects.find, now)

    def stage(self, algorithms: Iterable[str] = ()) -> BlobWriter:
        return BlobWriter(lambda: BodySpool(self._folder), algorithms, small_bytes=MEMORY_BYTES)

    def goes_far(self, size_bytes: int | None, *, part: bool) -> bool:
        return True

    def local_path(self, stored: StoredObject) -> Path | None:
        return None

    def drain(self) -> None:
        """S3 deletes at once."""

    def close(self) -> None:
        self._client.close()
