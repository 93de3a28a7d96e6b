"""Uploads what the debugger saves while the training runs, in the order that readers rely on.

    clary_modules.json, collections/   first, and again whenever they change
    events/<step>/...                  before
    index/.../...                      the index file that names it

A file gets its name when it is complete, so it can be uploaded at once. The runner writes the mark of the end
when all hosts have ended.
"""

from __future__ import annotations

import os
import re
import threading
import time
from typing import TYPE_CHECKING

from ..beneath import list_beneath, open_beneath, walk_beneath
from ..client.s3 import S3Uri
from ..errors import ClientError
from .delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..beneath import FolderEntry
    from ..client.objects import ObjectSource
    from ..layout import Layout

LOOK_EVERY_S = 0.5
FIRST_LOOKS_EVERY_S = 0.1
"""Used until the collections are uploaded. Early collections make ``give_readers_time`` shorter."""
READERS_NEED_S = 1.5
SETTLED_S = 2.0
"""A listing of a folder is complete when its time stamp is older than this: file systems keep coarse time."""
LOCAL_PATH = "/opt/ml/output/tensors"
SUMMARIES_PATH = "/opt/ml/output/tensorboard"
_INDEX = re.compile(r"\d+_.+\.json$")
_LOCAL_ONLY = ("training_job_end.ts", "claim.smd")
_Stamp = tuple[int, int]


def where_saved(local_path: str | None, layout: Layout, *, private: bool) -> tuple[Path, str]:
    """Returns where a path of user code lies: a folder that user code can't change, and the path below it.

    Raises ClientError when it can't be found outside the sandbox.
    """
    local = os.path.normpath(local_path or LOCAL_PATH)
    if local.startswith("//"):
        local = local[1:]  # normpath keeps two slashes, and only those
    for inside, outside in (("/opt/ml/", layout.ml), ("/tmp/", layout.tmp)):
        if local.startswith(inside):
            return outside, local[len(inside) :]
    if local.startswith("/") and local != "/" and private:
        return layout.root, local[1:]
    raise ClientError(f"DebugHookConfig.LocalPath {local!r} should be a folder under /opt/ml.")


class TensorSync:
    """One folder of tensors and its location in S3."""

    def __init__(
        self,
        uri: str,
        root: Path,
        folder: str,
        source: ObjectSource,
        note: Callable[[str], object],
    ) -> None:
        """folder: relative to ``root``, which user code can't change. Raises ClientError."""
        try:
            parsed = S3Uri.parse(uri)
        except ValueError as error:
            raise ClientError(f"DebugHookConfig.S3OutputPath: {error}") from error
        self._uri = S3Uri(parsed.bucket, parsed.key.rstrip("/") + "/")
        self._root = root
        self._folder = folder
        self._note = note
        self._delivery = Delivery(source, self._uri, "tensors", note)
        self._uploaded: dict[str, _Stamp] = {}
        self._complete_folders: set[str] = set()
        self._collections_at: float | None = None
        """When the first collections file was uploaded (monotonic clock)."""
        self._said = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts a thread that uploads until ``finish``."""
        self._thread = threading.Thread(target=self._run, name="tensors", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Uploads everything that is left. Errors go to the log only, as the model matters more.

        May be repeated.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._complete_folders.clear()
        self._look()
        try:
            self._upload_rest()
        except (ClientError, OSError) as error:
            self._say(error)

    def give_readers_time(self) -> None:
        """Waits until readers have had time to find the collections before the end is marked.

        smdebug lists the collections and then looks for the end marker. When it finds no collections but the
        marker, it raises MissingCollectionFiles. So both must not appear between these two requests, each of
        which may take a second on a busy machine. It waits only after a training that was shorter than that.
        """
        if self._collections_at is not None:
            time.sleep(max(0.0, self._collections_at + READERS_NEED_S - time.monotonic()))

    def _run(self) -> None:
        while not self._stopping.wait(FIRST_LOOKS_EVERY_S if self._collections_at is None else LOOK_EVERY_S):
            self._look()

    def _look(self) -> None:
        try:
            # Listed before the collections are uploaded, which are then at least as new as all these steps.
            steps = self._new_index_files()
            self._upload_descriptions()
            for name in steps:
                event = _event_of(name)
                if event not in self._uploaded:
                    self._upload(event)
                self._upload(name)
        except (ClientError, OSError) as error:
            self._say(error)

    def _upload_descriptions(self) -> None:
        """Uploads what a reader needs before the steps: the collections, and the files beside them."""
        for folder in ("collections", "."):
            for entry in self._files(folder):
                if folder == "." and "/" in entry.relative:
                    break
                relative = entry.relative if folder == "." else f"{folder}/{entry.relative}"
                if self._uploaded.get(relative) != _stamp(entry.status):
                    self._upload(relative)
                    if self._collections_at is None and relative.startswith("collections/"):
                        self._collections_at = time.monotonic()

    def _new_index_files(self) -> list[str]:
        """Returns the index files that were not uploaded yet, by step."""
        found = []
        for folder, changed_at in self._index_folders():
            settled = time.time() - changed_at > SETTLED_S
            for entry in self._files(f"index/{folder}"):
                relative = f"index/{folder}/{entry.relative}"
                if _INDEX.match(entry.relative) and relative not in self._uploaded:
                    found.append(relative)
            if settled:
                self._complete_folders.add(f"{folder}@{changed_at}")
        return sorted(found, key=lambda name: name.rpartition("/")[2])

    def _index_folders(self) -> Iterator[tuple[str, float]]:
        """Yields the folders that changed since the last pass, with the time of the change."""
        for name, status in list_beneath(self._root, f"{self._folder}/index"):
            if f"{name}@{status.st_mtime}" not in self._complete_folders:
                yield name, status.st_mtime

    def _upload_rest(self) -> None:
        """Uploads the other files beside the tensors, and event files without an index."""
        for entry in self._files("."):
            if self._uploaded.get(entry.relative) != _stamp(entry.status):
                self._upload(entry.relative)

    def _upload(self, relative: str) -> None:
        """Uploads one file, if it exists and is not for this host alone. Raises ClientError and OSError."""
        if relative in _LOCAL_ONLY or relative.endswith(".tmp"):
            return
        status = self._delivery.send(
            relative, lambda: open_beneath(self._root, f"{self._folder}/{relative}"), again=True
        )
        if status is not None:  # a step that saved shapes alone has no event file
            self._uploaded[relative] = _stamp(status)

    def _files(self, relative: str) -> Iterator[FolderEntry]:
        folder = self._folder if relative == "." else f"{self._folder}/{relative}"
        return (entry for entry in walk_beneath(self._root, folder) if not entry.is_link)

    def _say(self, error: Exception) -> None:
        if not self._said:
            self._said = True
            self._note(f"Clary: tensors are not uploaded for now: {error}")


def _event_of(index: str) -> str:
    """Returns the event file of an index file such as ``index/000000000/000000000005_worker_0.json``."""
    name = index.rpartition("/")[2].removesuffix(".json")
    return f"events/{name.partition('_')[0]}/{name}.tfevents"


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_size, status.st_mtime_ns
