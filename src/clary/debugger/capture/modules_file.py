"""Leaves a file that tells the class of each module, for who looks for activations by class."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ..tensors.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .recorder import Recorder

MODULES_FILE = "clary_modules.json"


class ModulesFile:
    """Names of modules, as tensor names begin with them, to class names. The outermost maps to itself."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}

    def add(self, recorder: Recorder, classes: Mapping[str, str]) -> None:
        """Written again, and the plan told, when something is new. Raises OSError.

        Only worker 0 writes; all have the same.
        """
        merged = {**self._classes, **classes}
        if merged == self._classes:
            return
        self._classes = merged
        recorder.plan.describe(merged)
        if recorder.worker.rank == 0:
            write_atomically(os.path.join(recorder.root, MODULES_FILE), [json.dumps(merged).encode()])
