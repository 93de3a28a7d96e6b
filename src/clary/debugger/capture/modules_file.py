"""Writes a file with the class of each module, for readers that look for activations by class."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ..tensors.files import write_atomically
from ..tensors.layout import MODULES_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .recorder import Recorder


class ModulesFile:
    """Maps the prefix of a module's tensor names to its class name. The outermost module maps to itself."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}

    def add(self, recorder: Recorder, classes: Mapping[str, str]) -> None:
        """Adds modules. If any is new, updates the plan and writes the file again. Raises OSError.

        Only worker 0 writes the file: all workers have the same modules.
        """
        merged = {**self._classes, **classes}
        if merged == self._classes:
            return
        self._classes = merged
        recorder.plan.set_module_classes(merged)
        if recorder.worker.rank == 0:
            write_atomically(os.path.join(recorder.root, MODULES_FILE), [json.dumps(merged).encode()])
