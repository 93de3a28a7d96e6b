"""What the index files of a trial have said so far: which steps there are, and when one is complete.

A step is complete when all workers wrote it, when a later step is, or when the job has ended. Of more than
1,000 that wait for a worker, the older half is declared complete.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right, insort
from typing import TYPE_CHECKING, NamedTuple

from ..tensors.modes import Mode
from .names import Names, NameTables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..tensors.index import Index, Shape

WAIT_WINDOW = int(os.environ.get("SMDEBUG_INCOMPLETE_STEP_WAIT_WINDOW", "1000"))


class Entry(NamedTuple):
    """The tensors of one step of one worker, and where they lie in ``event_file``."""

    step: int
    worker: str
    event_file: str | None
    names: Names
    starts: array[int]
    lengths: array[int]
    shapes: dict[str, Shape]

    def tensor_names(self) -> frozenset[str]:
        return self.names.all.union(self.shapes) if self.shapes else self.names.all


class Moment(NamedTuple):
    mode: Mode
    mode_step: int


class Catalogue:
    def __init__(self) -> None:
        self.num_workers: int | None = None
        """As the collections file has it; None before there is one, and then no step is complete."""
        self.ended = False
        self._entries: dict[int, dict[str, Entry]] = {}
        self._steps: list[int] = []
        self._moments: dict[int, Moment] = {}
        self._of_mode: dict[Mode, dict[int, int]] = {}
        self._tables = NameTables()
        self._last_complete = -1
        self._open: set[int] = set()

    def add(self, step: int, worker: str, index: Index) -> None:
        entry = Entry(
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
            self._moments[step] = Moment(index.mode, index.mode_step)
            if index.mode != Mode.GLOBAL:
                self._of_mode.setdefault(index.mode, {}).setdefault(index.mode_step, step)
            self._open.add(step)
        workers[worker] = entry

    def settle(self) -> None:
        """Looks again at which steps are complete, after entries or facts about the job have come."""
        if self.num_workers is None:
            return
        whole = {step for step in self._open if len(self._entries[step]) >= (self.num_workers or 1)}
        self._open -= whole
        if whole:
            self._last_complete = max(self._last_complete, max(whole))
        waiting = sorted(step for step in self._open if step > self._last_complete)
        if len(waiting) > WAIT_WINDOW:
            self._last_complete = waiting[len(waiting) // 2 - 1]
        # Straggling workers are followed for a window of steps, then their files are no longer asked for.
        if len(self._open) > WAIT_WINDOW:
            self._open = set(sorted(self._open)[-WAIT_WINDOW:])

    @property
    def first_open_step(self) -> int:
        """Files of earlier steps are all known."""
        if self._open:
            return min(self._open)
        return self._steps[-1] if self._steps else 0

    def complete(self, step: int) -> bool:
        return step in self._entries and (
            self.ended
            or step <= self._last_complete
            or (self.num_workers is not None and len(self._entries[step]) >= self.num_workers)
        )

    def steps(self, mode: Mode, *, incomplete: bool = False) -> list[int]:
        """In increasing order, counted within the mode."""
        if mode == Mode.GLOBAL:
            return [step for step in self._steps if incomplete or self.complete(step)]
        found = self._of_mode.get(mode, {})
        return sorted(step for step, whole in found.items() if incomplete or self.complete(whole))

    def complete_after(self, step: int) -> Iterator[int]:
        for later in self._steps[bisect_right(self._steps, step) :]:
            if self.complete(later):
                yield later

    def global_step(self, step: int, mode: Mode) -> int | None:
        if mode == Mode.GLOBAL:
            return step if step in self._entries else None
        return self._of_mode.get(mode, {}).get(step)

    def moment(self, step: int) -> Moment:
        return self._moments[step]

    def modes(self) -> list[Mode]:
        return sorted(self._of_mode)

    def entries(self, step: int) -> dict[str, Entry]:
        """By worker; empty for a step that is not there."""
        return self._entries.get(step, {})

    def all_entries(self, mode: Mode = Mode.GLOBAL) -> Iterator[tuple[int, Entry]]:
        """(step within the mode, entry) in order of steps."""
        for step in self._steps:
            moment = self._moments[step]
            if mode in (Mode.GLOBAL, moment.mode):
                for entry in self._entries[step].values():
                    yield (step if mode == Mode.GLOBAL else moment.mode_step), entry

    def workers(self) -> set[str]:
        return {worker for workers in self._entries.values() for worker in workers}
