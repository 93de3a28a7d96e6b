"""The paths of a trial's files, and how to parse them. All paths are relative to the root of the trial."""

from __future__ import annotations

import re
from typing import NamedTuple

END_MARKER = "training_job_end.ts"
MODULES_FILE = "clary_modules.json"
"""Maps the prefix of a module's tensor names to its class name. smdebug does not have this file."""
STEPS_PER_INDEX_FOLDER = 1000
TEMPORARY = ".tmp"
"""The suffix of a file that is still being written. Such a file must not be read or uploaded."""

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
    """The step and worker of an event or index file; None for any other name, also for a temporary file."""
    match = _STEP_FILE.match(path)
    return None if match is None else StepFile(int(match.group(1)), _worker(match.group(2)))


def parse_collections_file(path: str) -> str | None:
    """The worker of a collections file; None for any other name."""
    match = _COLLECTIONS.match(path)
    return None if match is None else _worker(match.group(1))


def file_worker(worker: str) -> str:
    """A worker's name as file names have it: ``/job:worker/device:GPU:0`` is ``_job-worker_device-GPU-0``."""
    return worker.replace("/", "_").replace(":", "-")


def _worker(in_file: str) -> str:
    # Only names of TensorFlow devices were changed by ``file_worker``, and they begin with an underscore.
    return in_file.replace("_", "/").replace("-", ":") if in_file.startswith("_") else in_file
