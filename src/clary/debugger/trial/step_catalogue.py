"""The steps that a trial has, from the index files read so far, and which of them are complete.

A step is complete when all workers have written it, when a later step is complete, or when the job has ended.
If more than 1,000 steps wait for a worker, the older half of them counts as complete.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right, insort
from typing import TYPE_CHECKING, NamedTuple

from ..tensors.modes import Mode
from .tensor_table import TensorTable, TensorTables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..tensors.index import Index, Shape

WAIT_WINDOW = int(os.environ.get("SMDEBUG_INCOMPLETE_STEP_WAIT_WINDOW", "1000"))


class WorkerStep(NamedTuple):
    """The tensors of one step of one worker, and their byte offsets and lengths in ``event_file``."""

    step: int
    worker: str
    event_file: str | None
    names: TensorTable
    starts: array[int]
    lengths: array[int]
    shapes: dict[str, Shape]

    def tensor_names(self) -> frozenset[str]:
        """Names of tensors of which a value, a reduction or the shape was saved."""
        return self.names.all.union(self.shapes) if self.shapes else self.names.all


class ModeStep(NamedTuple):
    """The mode of a step, and its number within the mode."""

    mode: Mode
    mode_step: int


class StepCatalogue:
    """All steps of a trial by number, with the entries of their workers."""

    def __init__(self) -> None:
        self.num_workers: int | None = None
        """From the collections file. None before there is one; until then no step is complete."""
        self.ended = False
        """Whether the job has ended."""
        self._entries: dict[int, dict[str, WorkerStep]] = {}
        self._steps: list[int] = []
        self._mode_steps: dict[int, ModeStep] = {}
        self._of_mode: dict[Mode, dict[int, int]] = {}
        self._tables = TensorTables()
        self._last_complete = -1
        self._open: set[int] = set()

    def add(self, step: int, worker: str, index: Index) -> None:
        """Adds the content of one index file."""
        entry = WorkerStep(
            step,
            worker,
            index.event_file,
            self._tables.of(index.names),
            array("q", index.starts),
            array("q", index.lengths),
            {shape.name: shape for shape in index.shapes},
        )
        workers = self._entries.get(step)
        if workers is None:
            workers = self._entries[step] = {}
            if self._steps and step < self._steps[-1]:
                insort(self._steps, step)
            else:
                self._steps.append(step)
            self._mode_steps[step] = ModeStep(index.mode, index.mode_step)
            if index.mode != Mode.GLOBAL:
                self._of_mode.setdefault(index.mode, {}).setdefault(index.mode_step, step)
            self._open.add(step)
        workers[worker] = entry

    def update_complete(self) -> None:
        """Computes again which steps are complete. Call it after new entries, workers or the end marker."""
        if self.num_workers is None:
            return
        whole = {step for step in self._open if len(self._entries[step]) >= (self.num_workers or 1)}
        self._open -= whole
        if whole:
            self._last_complete = max(self._last_complete, max(whole))
        waiting = sorted(step for step in self._open if step > self._last_complete)
        if len(waiting) > WAIT_WINDOW:
            self._last_complete = waiting[len(waiting) // 2 - 1]
        # Wait for the files of slow workers within this window only; older steps are not searched any more.
        if len(self._open) > WAIT_WINDOW:
            self._open = set(sorted(self._open)[-WAIT_WINDOW:])

    @property
    def first_open_step(self) -> int:
        """The first step that may still get new files. All files of earlier steps are known."""
        if self._open:
            return min(self._open)
        return self._steps[-1] if self._steps else 0

    def complete(self, step: int) -> bool:
        """Whether a global step is complete; False for a step that was not saved."""
        return step in self._entries and (
            self.ended
            or step <= self._last_complete
            or (self.num_workers is not None and len(self._entries[step]) >= self.num_workers)
        )

    def steps(self, mode: Mode, *, incomplete: bool = False) -> list[int]:
        """The complete steps in increasing order, counted within the mode. incomplete: the others too."""
        if mode == Mode.GLOBAL:
            return [step for step in self._steps if incomplete or self.complete(step)]
        found = self._of_mode.get(mode, {})
        return sorted(step for step, whole in found.items() if incomplete or self.complete(whole))

    def complete_after(self, step: int) -> Iterator[int]:
        """The complete global steps after a step, in increasing order."""
        for later in self._steps[bisect_right(self._steps, step) :]:
            if self.complete(later):
                yield later

    def global_step(self, step: int, mode: Mode) -> int | None:
        """The global step of a step that is counted within a mode; None when it was not saved."""
        if mode == Mode.GLOBAL:
            return step if step in self._entries else None
        return self._of_mode.get(mode, {}).get(step)

    def mode_step(self, step: int) -> ModeStep:
        """The mode of a global step, and its number within the mode. The step must exist."""
        return self._mode_steps[step]

    def modes(self) -> list[Mode]:
        """The modes that have steps."""
        return sorted(self._of_mode)

    def entries(self, step: int) -> dict[str, WorkerStep]:
        """The entries of a global step by worker; empty for a step that was not saved."""
        return self._entries.get(step, {})

    def all_entries(self, mode: Mode = Mode.GLOBAL) -> Iterator[tuple[int, WorkerStep]]:
        """(step counted within the mode, entry) of all workers, in the order of the steps."""
        for step in self._steps:
            found = self._mode_steps[step]
            if mode in (Mode.GLOBAL, found.mode):
                for entry in self._entries[step].values():
                    yield (step if mode == Mode.GLOBAL else found.mode_step), entry

    def workers(self) -> set[str]:
        """All workers that have written a step."""
        return {worker for workers in self._entries.values() for worker in workers}
