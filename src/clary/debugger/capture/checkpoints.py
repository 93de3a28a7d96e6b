"""Saves the step counters next to the checkpoints of a training, so that counting continues after a restart.

    a checkpoint has changed   the current counters are added to <checkpoints>/metadata.json
    the next process starts    it continues from the last state in that file

The format is smdebug's: a list of states, of which the last one is valid. Checks for changes take at most
1/400 of the training's time: the slower a check was, the longer the wait until the next one.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tensors import Mode
from ..tensors.files import write_atomically
from .configuration import local_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONFIG_PATH = "CHECKPOINT_CONFIG_FILE_PATH"
DEFAULT_CONFIG_PATH = "/opt/ml/input/config/checkpointconfig.json"
DEFAULT_FOLDER = "/opt/ml/checkpoints"
METADATA = "metadata.json"
CHECK_SHARE = 400
"""One check in so many times its own duration."""
SETTLE_S = 0.5
"""The wait after a change: another thread may still be writing the checkpoint."""
MAX_STATES = 100

_RUN, _SAVED, _SEEN, _MODES = (
    "training-run",
    "latest-global-step-saved",
    "latest-global-step-seen",
    "latest-mode-step",
)


class Counters(NamedTuple):
    """The last step, the last step that was saved (None: none was), and the last step of each mode."""

    step: int
    saved: int | None
    modes: Mapping[Mode, int]


class SavedCounters:
    """The counters of one process, kept in a folder of checkpoints.

    ``restored``: the last counters of the previous process; None in a first run. No method raises: a folder
    that can't be read is ignored, and a ``metadata.json`` of another format is not changed.
    """

    def __init__(self, folder: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = os.path.join(folder, METADATA)
        self._folder = folder
        self._clock = clock
        self._states = _read(self._path)
        last = self._states[-1] if self._states else None
        self.restored = None if last is None else _counters(last)
        self._run = 0 if last is None else int(last[_RUN]) + 1
        self._known: dict[str, tuple[int, int]] = {}
        self._known = self._files()
        self._next_check = clock()

    def check(self, count: Callable[[], Counters], *, now: bool = False) -> None:
        """Saves the counters if a checkpoint has changed.

        count: returns the current counters. now: check even if the next check is not due yet.
        """
        began = self._clock()
        if not now and began < self._next_check:
            return
        found = self._files()
        changed = found != self._known
        if changed and found and self._states is not None:
            try:
                self._write(count())
            except OSError:
                self._states = None
        self._known = found
        ended = self._clock()
        self._next_check = ended + max(SETTLE_S if changed else 0.0, (ended - began) * CHECK_SHARE)

    def _write(self, counters: Counters) -> None:
        assert self._states is not None
        state = {
            _RUN: self._run,
            _SAVED: counters.saved,
            _SEEN: counters.step,
            _MODES: {mode.name: step for mode, step in counters.modes.items() if step >= 0},
        }
        self._states = [*self._states, state][-MAX_STATES:]
        write_atomically(self._path, [json.dumps(self._states).encode()])

    def _files(self) -> dict[str, tuple[int, int]]:
        """Size and modification time of each file, except those of the counters and of the platform."""
        found = {}
        try:
            for place, _, names in os.walk(self._folder):
                for name in names:
                    path = os.path.join(place, name)
                    if not path.startswith(self._path) and "sagemaker-uploaded" not in name:
                        status = os.stat(path)
                        found[path] = (status.st_size, status.st_mtime_ns)
        except OSError:
            return self._known  # a file was deleted meanwhile: the next check sees the change
        return found


def open_checkpoints() -> SavedCounters | None:
    """The counters in this job's checkpoint folder; None if the job has no checkpoint configuration."""
    path = os.environ.get(CONFIG_PATH) or local_path(DEFAULT_CONFIG_PATH)
    try:
        with open(path, encoding="utf-8") as file:
            folder = str(json.load(file).get("LocalPath") or DEFAULT_FOLDER)
    except (OSError, ValueError, AttributeError):
        return None
    return SavedCounters(local_path(folder))


def _read(path: str) -> list[dict[str, Any]] | None:
    """The states in the file; None for a file of another format, which then belongs to the script."""
    try:
        with open(path, encoding="utf-8") as file:
            states = json.load(file)
        for state in states:
            _counters(state)
            int(state[_RUN])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return sorted(states, key=lambda state: int(state[_SEEN]))


def _counters(state: Mapping[str, Any]) -> Counters:
    modes = {Mode[name]: int(step) for name, step in state[_MODES].items()}
    return Counters(int(state[_SEEN]), state.get(_SAVED), modes)
