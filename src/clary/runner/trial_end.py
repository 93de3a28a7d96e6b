"""Marks in S3 that the tensors and the profile of a job are complete.

    collections/.../worker_N_collections.json   for each worker without one: smdebug opens no trial otherwise
    training_job_end.ts                         readers wait for it without a limit

The loop does this when all hosts have ended, before it writes the last status of the job. So the marker comes
after the files of all hosts, even of killed ones, and an attempt that ``RetryStrategy`` repeats
has none. Requests are signed with the job's role, so its permissions apply.
"""

from __future__ import annotations

import json
import logging
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from clary.host.client.s3 import S3, S3Uri
from clary.host.client.service import Service, ServiceError
from clary.host.errors import ClientError

from .as_role import as_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.domain.hosts import AgentCredentials, Endpoint, HostName
    from clary.kinds.kind import SavedFiles

END_MARKER = "training_job_end.ts"
COLLECTIONS = "collections/000000000/"
LARGEST_COLLECTIONS_BYTES = 64 << 20
MOST_WORKERS = 256
NOTHING_SAVED = (
    "Clary: the debug hook saved no tensors. It sees trainings of PyTorch, TensorFlow (Keras), MXNet and "
    "XGBoost in Python processes of the job; `debugger_hook_config=False` turns it off."
)

log = logging.getLogger("clary.runner")


def end_trials(saved: SavedFiles, host: HostName, agent: AgentCredentials, endpoint: Endpoint) -> list[str]:
    """Marks the saved files of a job as complete; returns lines for the job's log. May be repeated.

    Takes at most as long as ``as_role`` waits. host: one of the job's. agent: the credentials of its agent.
    """
    said: list[str] = []
    with _warned(host), closing(as_role(host, agent, endpoint)) as service:
        if saved.tensors:
            said = _end_tensors(host, _folder(service, saved.tensors))
        if saved.profile:
            _end_profile(host, _folder(service, saved.profile), off=saved.profiler_off)
    return said


def _end_tensors(host: HostName, folder: _Folder) -> list[str]:
    found = True
    with _warned(host):
        found = complete_collections(folder)
    with _warned(host):
        folder.put(END_MARKER, b"")
    return [] if found else [NOTHING_SAVED]


def _end_profile(host: HostName, folder: _Folder, *, off: bool) -> None:
    """off: UpdateTrainingJob may have turned the profiler off while the job ran."""
    with _warned(host):
        if not off or folder.has("system/"):
            folder.put(END_MARKER, b"")


@contextmanager
def _warned(host: HostName) -> Iterator[None]:
    """Logs errors. The user has seen in the job's own log what the role may not do."""
    try:
        yield
    except (ClientError, ServiceError, OSError, ValueError) as error:
        log.warning("%s: the end of its files could not be marked: %s", host.job, error)


def _folder(service: Service, uri: str) -> _Folder:
    return _Folder(S3(service), S3Uri.parse(uri + "/"))


def complete_collections(folder: _Folder) -> bool:
    """Adds the collections files that workers did not write; returns whether there were any before.

    A worker that was killed before its first step has written none, and others count it as one of theirs.
    """
    names = folder.names(COLLECTIONS)
    if names:
        content = folder.get(COLLECTIONS + names[0])
        workers = _workers_of(content)
    else:
        content, workers = _no_collections(), 1
    own = (f"worker_{rank}_collections.json" for rank in range(workers))
    missing = [name for name in own if name not in names][: max(0, workers - len(names))]
    for name in missing:
        folder.put(COLLECTIONS + name, content)
    return bool(names)


def _workers_of(content: bytes) -> int:
    """The number of workers in a collections file. User code wrote it: raises ValueError for no number."""
    try:
        return min(int(json.loads(content)["_meta"]["num_workers"]), MOST_WORKERS)
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"not a collections file: {error!r}") from error


class _Folder:
    """A folder of S3. All methods raise ServiceError, ClientError and OSError."""

    def __init__(self, s3: S3, uri: S3Uri) -> None:
        self._s3 = s3
        self._uri = uri

    def names(self, relative: str) -> list[str]:
        """Returns the names directly below a prefix, in order."""
        prefix = self._uri.key + relative
        keys = [item.key[len(prefix) :] for item in self._s3.list_objects(self._uri.bucket, prefix)]
        return [name for name in keys if "/" not in name]

    def has(self, relative: str) -> bool:
        """Whether there is any object below a prefix."""
        return any(True for _ in self._s3.list_objects(self._uri.bucket, self._uri.key + relative))

    def get(self, relative: str) -> bytes:
        pieces: list[bytes] = []

        def receive(response: Any) -> None:
            pieces.clear()
            size = 0
            for piece in response.chunks():
                size += len(piece)
                if size > LARGEST_COLLECTIONS_BYTES:
                    raise ClientError(f"{relative} has over {LARGEST_COLLECTIONS_BYTES} bytes")
                pieces.append(piece)

        self._s3.get(self._uri.bucket, self._uri.key + relative, receive)
        return b"".join(pieces)

    def put(self, relative: str, content: bytes) -> None:
        self._s3.put(self._uri.bucket, self._uri.key + relative, content)


def _no_collections() -> bytes:
    """A collections file of a trial without steps. It has all names: rules find them empty, not unknown."""
    # Imported here: it loads numpy, which the server needs for nothing else.
    from clary.debugger.capture.builtin import PYTORCH
    from clary.debugger.tensors.collection import Collection, to_json

    empty = {name: Collection(name, patterns) for name, patterns in PYTORCH.collections.items()}
    return to_json(empty, num_workers=1)
