"""Uploads a profile while the job runs.

    system/incremental/...     the current minute is uploaded again every two seconds
    framework/pevents/...      step times; the hook writes whole files, which are uploaded and removed
    other files of the user's process in /opt/ml/output/profiler, when they stop changing
    training_job_end.ts        not from here: the runner writes it when all hosts have ended

SageMaker uploads a minute when it is over. That is too late for a rule that is to warn during the training.
The final files are the same, and hold complete lines at any time.
"""

from __future__ import annotations

import os
import re
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ..beneath import walk_beneath
from ..client.s3 import S3Uri
from ..errors import ClientError
from ..outputs.delivery import Delivery, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..beneath import FolderEntry
    from ..client.objects import ObjectSource
    from .minutes import Minutes

LOOK_EVERY_S = 2.0
SLOWEST_S = 60.0
LARGE_BYTES = 1 << 20
LARGE_EVERY_S = 10.0
"""Above this, a minute (of many cores, read often) is not uploaded again in every pass."""
FOLDER = "output/profiler"
_STEP_TIMES = re.compile(r"framework/pevents/\d+/\d+_[^/]+\.json$")
_Stamp = tuple[int, int]


class ProfileUpload:
    """The profile of one host. uri: the job's folder, with a slash at its end; root: the host's /opt/ml."""

    def __init__(
        self,
        uri: S3Uri,
        minutes: Minutes,
        root: Path,
        source: ObjectSource,
        note: Callable[[str], object],
    ) -> None:
        self._uri = uri
        self._minutes = minutes
        self._root = root
        self._source = source
        self._note = note
        self._large_at: dict[str, float] = {}
        self._seen: dict[str, _Stamp] = {}
        self._uploaded: dict[str, _Stamp] = {}
        self._delivery = Delivery(source, uri, "profile", note)
        self._said = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="profile upload", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Uploads everything that is left. Errors go to the log only, because the model matters more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self.look(final=True)
        if self._minutes.lost:
            self._note(f"Clary: {self._minutes.lost} minutes of the profile could not be uploaded in time.")

    def look(self, *, final: bool = False) -> bool:
        """Uploads what is new; returns whether that succeeded. final: also files that may still change."""
        try:
            self._send_minutes(final)
            self._send_files(final)
        except (ClientError, OSError) as error:
            self._say(error)
            return False
        return True

    def _run(self) -> None:
        wait_s = LOOK_EVERY_S
        while not self._stopping.wait(wait_s):
            wait_s = LOOK_EVERY_S if self.look() else min(2 * wait_s, SLOWEST_S)

    def _send_minutes(self, final: bool) -> None:
        for news in self._minutes.news():
            now = time.monotonic()
            if len(news.content) > LARGE_BYTES and not news.whole and not final:
                if now - self._large_at.get(news.path, -LARGE_EVERY_S) < LARGE_EVERY_S:
                    continue
                self._large_at = {news.path: now}
            self._put_bytes(news.path, news.content)
            self._minutes.sent(news)

    def _send_files(self, final: bool) -> None:
        before, self._seen = self._seen, {}
        for entry in walk_beneath(self._root, FOLDER):
            if entry.is_link or entry.relative.startswith("system/") or entry.name.endswith((".tmp", ".ts")):
                continue
            if _STEP_TIMES.fullmatch(entry.relative):
                self._send_file(entry)
                with suppress(FileNotFoundError):
                    os.unlink(entry.name, dir_fd=entry.directory_fd)
                continue
            stamp = self._seen[entry.relative] = entry.status.st_size, entry.status.st_mtime_ns
            if self._uploaded.get(entry.relative) != stamp and (final or before.get(entry.relative) == stamp):
                self._send_file(entry)
                self._uploaded[entry.relative] = stamp

    def _send_file(self, entry: FolderEntry) -> None:
        self._delivery.send(entry.relative, entry.open, again=True)

    def _put_bytes(self, relative: str, content: bytes) -> None:
        """Uploads bytes from a file in memory, because the disk may be full."""
        descriptor = os.memfd_create("profile", os.MFD_CLOEXEC)
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            put(self._source, self._place(relative), descriptor)
        finally:
            os.close(descriptor)

    def _place(self, relative: str) -> S3Uri:
        return S3Uri(self._uri.bucket, self._uri.key + relative)

    def _say(self, error: Exception) -> None:
        if not self._said:
            self._said = True
            self._note(f"Clary: the profile is not uploaded for now: {error}")
