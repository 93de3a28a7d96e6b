"""Where the files of a trial lie, and how their names are read back. All paths are relative to its root."""

from __future__ import annotations

import re
from typing import NamedTuple

END_MARKER = "training_job_end.ts"
STEPS_PER_INDEX_FOLDER = 1000
TEMPORARY = ".tmp"
"""Ends the name of a file that is still being written; it is never to be read or uploaded."""

_STEP_FILE = re.compile(r"(?:.*/)?(\d+)_(.+)\.(?:json|csv|tfevents)$")
_COLLECTIONS = re.compile(r"(?:.*/)?(.+)_collections\.(?:json|ts)$")


class StepFile(NamedTuple):
    step: int
    worker: str


def event_path(step: int, worker: str) -> str:
    return f"events/{step:012d}/{step:012d}_{file_worker(worker)}.tfevents"


def index_folder(step: int) -> str:
    return f"index/{step // STEPS_PER_INDEX_FOLDER:09d}"


def index_path(step: int, worker: str) -> str:
    return f"{index_folder(step)}/{step:012d}_{file_worker(worker)}.json"


def collections_path(worker: str) -> str:
    return f"collections/000000000/{file_worker(worker)}_collections.json"


def parse_step_file(path: str) -> StepFile | None:
    """The step and worker of an event or index file; None for any other name, a temporary one included."""
    match = _STEP_FILE.match(path)
    return None if match is None else StepFile(int(match.group(1)), _worker(match.group(2)))


def parse_collections_file(path: str) -> str | None:
    match = _COLLECTIONS.match(path)
    return None if match is None else _worker(match.group(1))


def file_worker(worker: str) -> str:
    """A worker as it stands in file names: ``/job:worker/device:GPU:0`` is ``_job-worker_device-GPU-0``."""
    return worker.replace("/", "_").replace(":", "-")


def _worker(in_file: str) -> str:
    # A leading underscore marks a TensorFlow device, the only kind of name that was changed on the way in.
    return in_file.replace("_", "/").replace("-", ":") if in_file.startswith("_") else in_file
