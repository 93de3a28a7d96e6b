"""An S3 behind Clary, for tests: a second Clary, which is always there."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server.conftest import Served, serving

from clary.services.s3 import multipart
from clary.store.backing.address import BackingAddress, parse_address
from clary.store.backing.bucket import BackingBucket
from clary.store.backing.content import BackingContent
from clary.store.database import Database


class BackingS3:
    """A bucket for each test, in one server. ``keys``: of uploads and objects in it."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.address = self.fresh()

    @property
    def url(self) -> str:
        return f"{self.address.endpoint}/{self.address.bucket}/{self.address.prefix}"

    def fresh(self) -> BackingAddress:
        """Makes a bucket, which the other methods are about from now on."""
        keys = self.served.keys
        self.address = parse_address(
            f"http://{self.served.host}:{self.served.port}/{secrets.token_hex(8)}/some/prefix",
            keys=(keys.access_key, keys.secret_key),
        )
        BackingBucket(self.address).make()
        return self.address

    def content(
        self, database: Database, folder: Path, now: Callable[[], float] | None = None
    ) -> BackingContent:
        given = {} if now is None else {"now": now}
        return BackingContent(BackingBucket(self.address), database, folder, cache_bytes=1 << 20, **given)

    def objects(self) -> set[str]:
        """Returns the names of content in the bucket."""
        page = self.served.platform.blobs.objects.page(self.address.bucket, limit=1000)
        cut = len(self.address.prefix)
        return {row.key[cut:].replace("/", "") for row in page.rows if not row.key.endswith(".json")}

    def uploads(self) -> int:
        return len(self.served.platform.blobs.uploads.of_bucket(self.address.bucket))


@contextmanager
def backing_s3(folder: Path) -> Iterator[BackingS3]:
    with parts_of_any_size(), backing_server(folder) as s3:
        yield s3


@contextmanager
def backing_server(folder: Path) -> Iterator[BackingS3]:
    """For several tests: each of them asks for ``parts_of_any_size``, which others must not find."""
    with serving(folder / "home", folder / "environments") as served:
        yield BackingS3(served)


@contextmanager
def parts_of_any_size() -> Iterator[None]:
    """Lets servers of this process complete uploads of small parts, so that tests need not send megabytes."""
    least, multipart.PART_MINIMUM_BYTES = multipart.PART_MINIMUM_BYTES, 0
    try:
        yield
    finally:
        multipart.PART_MINIMUM_BYTES = least
