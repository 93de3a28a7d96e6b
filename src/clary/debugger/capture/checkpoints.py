"""Keeps the step counters beside the checkpoints of a training, so that its steps go on after a restart.

    a checkpoint has changed   the counters as they are now go into <checkpoints>/metadata.json, beside it
    the next process begins    it counts on from the last state in there

The form is smdebug's: a list of states, the last one counts. Looking for changes takes one part in four
hundred of a training's time at most: a look is as rare as the one before was slow.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tensors import Mode
from ..tensors.files import write_atomically
from .configuration import here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONFIG_PATH = "CHECKPOINT_CONFIG_FILE_PATH"
DEFAULT_CONFIG_PATH = "/opt/ml/input/config/checkpointconfig.json"
DEFAULT_FOLDER = "/opt/ml/checkpoints"
METADATA = "metadata.json"
SHARE = 400
SETTLE_S = 0.5
"""After a change: a checkpoint that another thread writes changes for a while."""
MOST_STATES = 100

_RUN, _SAVED, _SEEN, _MODES = (
    "training-run",
    "latest-global-step-saved",
    "latest-global-step-seen",
    "latest-mode-step",
)


class Counters(NamedTuple):
    """The last step of all, the last one that was saved (None: none), and the last one of each mode."""

    step: int
    saved: int | None
    modes: Mapping[Mode, int]


class Checkpoints:
    """Of one process. ``begun``: where the process before stopped counting; None in a first run.

    Raises nothing: a folder that can't be read is left alone.
    """

    def __init__(self, folder: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = os.path.join(folder, METADATA)
        self._folder = folder
        self._clock = clock
        self._states = _read(self._path)
        last = self._states[-1] if self._states else None
        self.begun = None if last is None else _counters(last)
        self._run = 0 if last is None else int(last[_RUN]) + 1
        self._known: dict[str, tuple[int, int]] = {}
        self._known = self._files()
        self._next_look = clock()

    def look(self, count: Callable[[], Counters], *, now: bool = False) -> None:
        """Remembers the counters if there is a new checkpoint. now: even if the last look was just before."""
        began = self._clock()
        if not now and began < self._next_look:
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
        self._next_look = ended + max(SETTLE_S if changed else 0.0, (ended - began) * SHARE)

    def _write(self, counters: Counters) -> None:
        assert self._states is not None
        state = {
            _RUN: self._run,
            _SAVED: counters.saved,
            _SEEN: counters.step,
            _MODES: {mode.name: step for mode, step in counters.modes.items() if step >= 0},
        }
        self._states = [*self._states, state][-MOST_STATES:]
        write_atomically(self._path, [json.dumps(self._states).encode()])

    def _files(self) -> dict[str, tuple[int, int]]:
        """Size and time of each file in the folder that is not of the counters or the platform."""
        found = {}
        try:
            for place, _, names in os.walk(self._folder):
                for name in names:
                    path = os.path.join(place, name)
                    if not path.startswith(self._path) and "sagemaker-uploaded" not in name:
                        status = os.stat(path)
                        found[path] = (status.st_size, status.st_mtime_ns)
        except OSError:
            return self._known  # a file went away in between: the next look will tell
        return found


def checkpoints_of_this_job() -> Checkpoints | None:
    """None where the job keeps no checkpoints."""
    path = os.environ.get(CONFIG_PATH) or here(DEFAULT_CONFIG_PATH)
    try:
        with open(path, encoding="utf-8") as file:
            folder = str(json.load(file).get("LocalPath") or DEFAULT_FOLDER)
    except (OSError, ValueError, AttributeError):
        return None
    return Checkpoints(here(folder))


def _read(path: str) -> list[dict[str, Any]] | None:
    """The states so far; None for a file of another kind, which belongs to the script."""
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
