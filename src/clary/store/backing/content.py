"""Content in the S3 behind Clary: new names, reading, copying, and the thread that removes what is left."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clary.store.blob_names import backing_name, detail_of, of_backing

from . import URL_S
from .cache import ContentCache
from .doubts import LEASE_S, Doubts
from .failures import BackingError, BackingUnavailable
from .reading import BackingReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import IO

    from sqlalchemy.engine import Connection

    from clary.store.database import Database

    from .bucket import BackingBucket
    from .doubts import Doubt

log = logging.getLogger("clary.store")

STOCK = 64
"""Names are reserved so many at a time: one transaction for many uploads."""
LOW = 16
LOOK_S = 15.0
"""How often the thread looks for what is to be removed."""
BATCH = 200
THREADS = 8
"""For pieces of uploads and for removals."""
NAME_S = 10.0
AGAIN_S = 1.0
"""Between tries while the database is away."""


class BackingContent:
    """The content of one bucket. Safe to use from any thread."""

    def __init__(
        self,
        bucket: BackingBucket,
        database: Database,
        folder: Path,
        *,
        cache_bytes: int = 0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """folder: for files of this process: content that was read, and pieces that are being sent."""
        folder.mkdir(parents=True, exist_ok=True)
        self.bucket = bucket
        self.folder = folder
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="clary-backing")
        self._now = now
        self._doubts = Doubts(database, now)
        self._cache = ContentCache(folder / "cache", cache_bytes)
        self._wake = threading.Condition()
        self._stock: list[str] = []
        self._given_up: list[str] = []
        self._readers: Counter[str] = Counter()
        self._trouble: Exception | None = None
        self._closed = False
        self._is_keeping = False
        self._times_kept = 0
        self._keeper: threading.Thread = threading.Thread(
            target=self._keep, name="clary-backing-keeper", daemon=True
        )
        self._keeper.start()

    def new_name(self) -> str:
        """Returns a name in doubt, for rows. Raises what the database raised, and BackingUnavailable."""
        with self._wake:
            if len(self._stock) <= LOW:
                self._wake.notify_all()
            if not self._wake.wait_for(lambda: self._stock or self._trouble or self._closed, NAME_S):
                raise BackingUnavailable("no new name was reserved in time")
            if self._stock:
                return self._stock.pop()
            raise self._trouble or BackingUnavailable("the server ends")

    def settle(self, connection: Connection, blob: str) -> None:
        """In the transaction of the row that names new content. Raises BackingUnavailable: too late."""
        self._doubts.settle(connection, blob)

    def remove(self, connection: Connection, blob: str) -> None:
        """In the transaction after which no row names the content. It goes a minute later."""
        self._doubts.doom(connection, blob)

    def give_up(self, blob: str) -> None:
        """Removes content under a new name, and an upload in parts, soon."""
        with self._wake:
            self._given_up.append(blob)
            self._wake.notify_all()

    def open(self, blob: str, size: int) -> BackingReader:
        """Reads nothing yet."""
        return BackingReader(_NamedContent(self, backing_name(blob), size), size)

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Content is not removed by this server in the block."""
        with self._wake:
            self._readers[name] += 1
        try:
            yield
        finally:
            with self._wake:
                self._readers[name] -= 1
                if not self._readers[name]:
                    del self._readers[name]

    def file_of(self, name: str, size: int) -> int:
        """Returns a descriptor of a file with the whole content. Raises BackingError and OSError."""
        return self._cache.open(name, size, lambda: self.open(of_backing(name), size))

    @contextmanager
    def duplicate(self, blob: str, size: int) -> Iterator[str]:
        """Copies content inside the S3, and removes the copy when the block raises.

        Raises FileNotFoundError when there is no such content any more.
        """
        copy = self.new_name()
        try:
            self.bucket.copy(backing_name(blob), backing_name(copy), size)
            yield copy
        except BaseException:
            self.give_up(copy)
            raise

    def url(self, blob: str) -> str:
        """Returns an address from which the content can be read for URL_S seconds."""
        return self.bucket.url(backing_name(blob), URL_S)

    def drain(self) -> None:
        """Returns when everything removed so far is gone from the S3. Raises BackingError."""
        self._wait_for_keeper()
        with self._wake:
            given_up, self._given_up = self._given_up, []
        self._doubts.give_up(given_up)
        while self._clean(at_once=True):
            pass
        # It may have claimed some of it.
        self._wait_for_keeper()

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        self._keeper.join()
        self.threads.shutdown()
        self.bucket.close()

    def _wait_for_keeper(self) -> None:
        with self._wake:
            times = self._times_kept
            self._wake.wait_for(lambda: not self._is_keeping or self._times_kept > times)

    def _keep(self) -> None:
        renewed = looked = 0.0
        while True:
            with self._wake:
                self._is_keeping = False
                self._times_kept += 1
                self._wake.notify_all()
                self._wake.wait_for(
                    lambda: self._closed or self._given_up or len(self._stock) <= LOW,
                    LOOK_S,
                )
                self._is_keeping = True
                closed, given_up, self._given_up = self._closed, self._given_up, []
                missing = STOCK - len(self._stock) if len(self._stock) <= LOW and not closed else 0
                if closed:
                    # Nothing was written under them.
                    unused, self._stock = self._stock, []
            at = time.monotonic()
            try:
                if closed:
                    self._doubts.forget(unused)
                if given_up:
                    self._doubts.give_up(given_up)
                if missing:
                    names = self._doubts.reserve(missing)
                    with self._wake:
                        self._stock += names
                        self._wake.notify_all()
                if closed:
                    break
                if at - renewed > LEASE_S / 4:
                    self._doubts.renew()
                    renewed = at
                if given_up or at - looked > LOOK_S:
                    looked = at
                    while self._clean():
                        pass
            except BackingError as error:
                log.warning("removed content stays a while longer: %s", error)
            except Exception as error:
                # Of the database, which may come back.
                log.warning("the names of content can't be kept at the moment: %s", error)
                if closed:
                    break
                with self._wake:
                    self._given_up += given_up
                    self._trouble = error
                    self._wake.notify_all()
                    self._wake.wait_for(lambda: self._closed, AGAIN_S)
                    self._trouble = None
        with self._wake:
            self._is_keeping = False
            self._wake.notify_all()

    def _clean(self, *, at_once: bool = False) -> bool:
        """Removes a batch of what no row names. Returns whether there may be more. Raises BackingError."""
        due = self._doubts.due(BATCH, at_once=at_once)
        if not due:
            return False
        with self._wake:
            read = {name for name in self._readers}
        for doubt in due:
            if backing_name(doubt.blob) in read:
                self._doubts.delay(doubt.blob)
        claimed = self._doubts.claim(doubt for doubt in due if backing_name(doubt.blob) not in read)
        removed, failure = [], None
        for doubt, task in [(doubt, self.threads.submit(self._remove, doubt)) for doubt in claimed]:
            try:
                task.result()
                removed.append(doubt.blob)
            except BackingError as error:
                failure = error
        self._doubts.forget(removed)
        if failure is not None:
            raise failure
        return len(due) == BATCH

    def _remove(self, doubt: Doubt) -> None:
        name = backing_name(doubt.blob)
        if upload := detail_of(doubt.blob):
            self.bucket.abort(name, upload)
        elif doubt.unfinished:
            self.bucket.abort_all(name)
        self.bucket.delete(name)
        self._cache.forget(name)


@dataclass(frozen=True, slots=True)
class _NamedContent:
    """Implements RangeSource."""

    content: BackingContent
    name: str
    size: int

    @property
    def place(self) -> str:
        return str(self.content.bucket.address)

    def reading(self) -> AbstractContextManager[None]:
        return self.content.reading(self.name)

    def read(self, first: int, last: int) -> IO[bytes]:
        return self.content.bucket.read(self.name, first, last)

    def file(self) -> int:
        return self.content.file_of(self.name, self.size)
