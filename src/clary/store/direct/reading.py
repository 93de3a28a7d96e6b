"""The content of one object of the other S3, which must stay the same while it is read."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from clary.store.backing.reading import BackingReader

from .members import UNNAMED
from .refusals import DirectRefused, DirectUnavailable

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from clary.store.backing.cache import ContentCache
    from clary.store.object_rows import StoredObject

    from .client import DirectClient


@dataclass(frozen=True, slots=True)
class DirectContent:
    """Implements RangeSource."""

    client: DirectClient
    cache: ContentCache
    stored: StoredObject

    @property
    def place(self) -> str:
        return self.client.endpoint

    def reading(self) -> AbstractContextManager[None]:
        """Anybody may remove it at any time; a request that is being answered goes on."""
        return nullcontext()

    def read(self, first: int, last: int) -> IO[bytes]:
        """Raises DirectUnavailable when it is no longer the object: who asks again gets what it is now."""
        stored = self.stored
        same: Any = {"VersionId": stored.version} if stored.version else {}
        if stored.blob != UNNAMED:
            same["IfMatch"] = stored.blob
        try:
            with self.client.asking(stored.bucket) as client:
                answer = client.get_object(
                    Bucket=stored.bucket, Key=stored.key, Range=f"bytes={first}-{last}", **same
                )
        except DirectRefused as error:
            if error.is_missing or error.http_status in (412, 416):
                raise self._changed() from error
            raise
        if (answer.get("ETag") or UNNAMED) != stored.blob:
            answer["Body"].close()
            raise self._changed()
        return answer["Body"]  # type: ignore[return-value]

    def file(self) -> int:
        stored = self.stored
        named = f"{stored.bucket}\0{stored.key}\0{stored.version}\0{stored.blob}\0{stored.size}"
        name = hashlib.sha256(f"{named}\0{stored.modified_at}".encode()).hexdigest()
        return self.cache.open(name, stored.size, lambda: BackingReader(self, stored.size))

    def _changed(self) -> DirectUnavailable:
        uri = f"s3://{self.stored.bucket}/{self.stored.key}"
        return DirectUnavailable(f"{uri} was replaced or deleted in {self.place} while it was read")
