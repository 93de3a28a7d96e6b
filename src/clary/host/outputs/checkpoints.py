"""Synchronizes a folder with S3: downloads it before the start, uploads each changed file soon after."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..beneath import FolderEntry, walk_beneath
from ..client.s3 import S3Uri
from ..errors import ClientError
from ..inputs.fetching import Staged, fetch_all
from .delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..client.objects import ObjectSource

LOOK_EVERY_S = 2.0
_Stamp = tuple[int, int]


class CheckpointSync:
    """One folder and its location in S3. A file that is deleted here is kept there."""

    def __init__(
        self,
        uri: str,
        root: Path,
        folder: str,
        source: ObjectSource,
        note: Callable[[str], None],
        *,
        what: str = "checkpoints",
    ) -> None:
        """folder: relative to ``root``, which user code can't change.

        what: the name of the files in messages.

        Raises ClientError.
        """
        self._what = what
        try:
            self._uri = S3Uri.parse(uri)
        except ValueError as error:
            raise ClientError(f"CheckpointConfig.S3Uri: {error}") from error
        self._prefix = (
            self._uri.key if not self._uri.key or self._uri.key.endswith("/") else self._uri.key + "/"
        )
        self._delivery = Delivery(source, S3Uri(self._uri.bucket, self._prefix), what, note)
        self._root = root
        self._folder = folder
        self._source = source
        self._note = note
        self.uploaded_any = False
        """Whether a file was uploaded. Downloaded files do not count."""
        self._uploaded: dict[str, _Stamp] = {}
        self._seen: dict[str, _Stamp] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def download(self) -> None:
        """Downloads the files of an earlier job. Raises ClientError and OSError."""
        uri = S3Uri(self._uri.bucket, self._prefix)
        objects = [
            Staged(uri.bucket, item, item.key[len(uri.key) :])
            for item in self._source.under(uri)
            if not item.key.endswith("/")
        ]
        fetch_all(objects, self._root / self._folder, self._source)
        self._uploaded = {entry.relative: _stamp(entry) for entry in self._files()}

    def start(self) -> None:
        """Starts a thread that uploads changes until ``finish``."""
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Uploads everything that is not uploaded yet. Raises ClientError and OSError."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._upload(None)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            # A file that is being written changes between two passes.
            before, self._seen = self._seen, {entry.relative: _stamp(entry) for entry in self._files()}
            try:
                self._upload(before)
            except (ClientError, OSError) as error:
                self._note(f"{self._what} are not uploaded for now: {error}")

    def _upload(self, before: dict[str, _Stamp] | None) -> None:
        """before: the stamps of the previous pass; only files with the same stamp are uploaded.

        None: all files.
        """
        stamps: dict[str, _Stamp] = {}

        def changed() -> Iterator[tuple[str, Callable[[], int]]]:
            for entry in self._files():
                stamp = _stamp(entry)
                settled = before is None or before.get(entry.relative) == stamp
                if settled and self._uploaded.get(entry.relative) != stamp:
                    stamps[entry.relative] = stamp
                    yield entry.relative, entry.open

        def sent(relative: str) -> None:
            self._uploaded[relative] = stamps.pop(relative)
            self.uploaded_any = True

        self._delivery.send_all(changed(), sent, again=before is not None)

    def _files(self) -> Iterator[FolderEntry]:
        for entry in walk_beneath(self._root, self._folder, self._delivery.leave_out):
            if entry.is_link:
                self._delivery.leave_out(entry.relative, "it is a symbolic link")
            else:
                yield entry


def _stamp(entry: FolderEntry) -> _Stamp:
    return entry.status.st_size, entry.status.st_mtime_ns
