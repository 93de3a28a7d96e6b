"""A trial: the tensors of a training by name and step, during the training and afterwards."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from ..tensors.collection import Collection
from ..tensors.layout import MODULES_FILE
from ..tensors.modes import Mode, ModeLike, as_mode
from .contents import TrialContents
from .errors import CorruptFile, NoSuchTensor, NotYet, StepUnavailable
from .event_reader import EventReader
from .step import Step, Tensors
from .tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .files import Files

    Patterns = str | Iterable[str]


class Trial:
    """The steps, tensors, collections and workers that a training has saved.

    Questions search for new files, at most once in ``refresh_every_s``; with None, only ``refresh`` and
    ``follow`` search. missing_file_wait_s: how long to wait for an event file that the index names.
    Use a trial in one thread at a time. Raises NoTrial when the files can't be read.
    """

    def __init__(
        self,
        files: Files,
        *,
        refresh_every_s: float | None = 1.0,
        missing_file_wait_s: float = 20.0,
        sleep: Callable[[float], Any] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = files.root
        self.name = files.root.rstrip("/").rpartition("/")[2]
        self._files = files
        self._refresh_every_s = refresh_every_s
        self._sleep = sleep
        self._now = now
        self._reader = EventReader(files, missing_file_wait_s, sleep)
        self._contents = TrialContents(files)
        self._steps = self._contents.steps
        files.check()
        self.refresh()

    def refresh(self) -> bool:
        """Reads the files that were added since the last time. Returns whether there were any."""
        changed = self._contents.refresh()
        self._refreshed_at = self._now()
        return changed

    @property
    def problems(self) -> list[CorruptFile]:
        """Index and collections files that can't be parsed. Each is reported with one warning and ignored."""
        return self._contents.problems

    @property
    def ended(self) -> bool:
        """Whether the job has ended: no more steps will be added."""
        self._maybe_refresh()
        return self._steps.ended

    def steps(self, mode: ModeLike = None, *, show_incomplete_steps: bool = False) -> list[int]:
        """The complete steps in increasing order, counted within the mode, or over all modes without one.

        show_incomplete_steps: also steps that not all workers have written yet.
        """
        self._maybe_refresh()
        return self._steps.steps(as_mode(mode), incomplete=show_incomplete_steps)

    def modes(self) -> list[Mode]:
        """The modes that have steps."""
        self._maybe_refresh()
        return self._steps.modes()

    def global_step(self, mode: ModeLike, mode_step: int) -> int | None:
        """The number, over all modes, of a step that is counted within a mode; None if it was not saved."""
        self._maybe_refresh()
        return self._steps.global_step(mode_step, as_mode(mode))

    def mode_of(self, step: int) -> Mode:
        """The mode of a global step. Raises StepUnavailable, NotYet."""
        return self.step(step).mode

    def mode_step(self, step: int) -> int:
        """The number of a global step within its mode. Raises StepUnavailable, NotYet."""
        return self.step(step).mode_step

    def workers(self) -> list[str]:
        """The workers that have written anything, in the order of their ranks."""
        self._maybe_refresh()
        return sorted(self._contents.collection_workers | self._steps.workers(), key=_by_rank)

    @property
    def num_workers(self) -> int | None:
        """How many workers the job has; None before the first collections file is written."""
        self._maybe_refresh()
        return self._steps.num_workers

    @property
    def collections(self) -> dict[str, Collection]:
        """All collections by name."""
        self._maybe_refresh()
        return dict(self._contents.collections)

    def collection(self, name: str) -> Collection:
        """A collection by name. As in smdebug, an unknown name gives an empty collection."""
        self._maybe_refresh()
        return self._contents.collections.get(name) or Collection(name)

    def module_classes(self) -> dict[str, str]:
        """The prefix of a module's tensor names, to its class name; empty if the capture saved none."""
        try:
            found = json.loads(self._files.read([MODULES_FILE])[0])
        except (FileNotFoundError, ValueError):
            return {}
        return {str(prefix): str(name) for prefix, name in found.items()} if isinstance(found, dict) else {}

    def tensor_names(
        self,
        regex: Patterns | None = None,
        collection: str | Collection | None = None,
        step: int | None = None,
        mode: ModeLike = None,
    ) -> list[str]:
        """The sorted names of saved tensors.

        regex: one or more; a name is included if one of them matches anywhere in it. collection: only tensors
        of it. step: only tensors of this step, counted within ``mode``. mode: only tensors of this mode.
        All conditions that are given must hold.
        """
        self._maybe_refresh()
        names = self._names_at(step, as_mode(mode))
        if collection is not None:
            chosen = self.collection(collection) if isinstance(collection, str) else collection
            wanted = chosen.tensor_names
            names = {name for name in names if name in wanted or _matches(name, chosen.include_regex)}
        if regex is not None:
            patterns = [regex] if isinstance(regex, str) else list(regex)
            names = {name for name in names if _matches(name, patterns)}
        return sorted(names)

    def tensor(self, name: str) -> Tensor:
        """A tensor by name. Raises NoSuchTensor; the message lists similar names."""
        if not self.has_tensor(name):
            near = [other for other in self.tensor_names() if name.lower() in other.lower()][:3]
            hint = "; there is " + ", ".join(near) if near else ""
            raise NoSuchTensor(f"{name} was not saved{hint}")
        return Tensor(name, self)

    __getitem__ = tensor

    def has_tensor(self, name: str) -> bool:
        """Whether any step has a tensor of this name."""
        self._maybe_refresh()
        return any(name in entry.tensor_names() for _, entry in self._steps.all_entries())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has_tensor(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensor_names())

    def steps_of_tensor(self, name: str, mode: ModeLike = None) -> list[int]:
        """The steps at which any worker saved a tensor, a reduction of it or its shape.

        A step occurs once for each such worker. Counted within the mode, or over all modes without one.
        """
        return [
            step for step, entry in self._steps.all_entries(as_mode(mode)) if name in entry.tensor_names()
        ]

    def step(self, step: int, mode: ModeLike = None) -> Step:
        """A saved step, complete or not; counted within the mode, or over all modes without one.

        Raises StepUnavailable, NotYet.
        """
        wanted = as_mode(mode)
        found = self._steps.global_step(step, wanted)
        if found is None:
            self._maybe_refresh()
            found = self._steps.global_step(step, wanted)
        if found is None:
            raise self._missing(step, wanted)
        return self._step(found)

    def follow(
        self,
        after: int = -1,
        *,
        poll_s: float = 0.25,
        stop: Callable[[], bool] = lambda: False,
        wait: Callable[[float], Any] | None = None,
    ) -> Iterator[Step]:
        """Every complete step after the global step ``after``, in increasing order, until the job ends.

        stop: called before each wait; True ends the iteration too. wait: called with ``poll_s`` when there is
        no new step; sleeps by default. A step that becomes visible after a later one was returned is skipped.
        """
        wait = self._sleep if wait is None else wait
        while True:
            ended = self._steps.ended
            for step in list(self._steps.complete_after(after)):
                yield self._step(step)
                after = step
            if ended or stop():
                return
            if not self.refresh():
                wait(poll_s)

    def wait_for_step(self, step: int, mode: ModeLike = None, *, timeout_s: float = 600.0) -> bool:
        """Waits until a step is complete. False: the job ended, a later step is complete, or time is up."""
        wanted = as_mode(mode)
        until = self._now() + timeout_s
        while True:
            found = self._steps.global_step(step, wanted)
            if found is not None and self._steps.complete(found):
                return True
            later = [other for other in self._steps.steps(wanted) if other > step]
            if self._steps.ended or later or self._now() >= until:
                return False
            if not self.refresh():
                self._sleep(0.25)

    def __repr__(self) -> str:
        steps = self.steps()
        parts = [f"{len(steps)} steps" + (f", {steps[0]} to {steps[-1]}" if steps else "")]
        modes = self.modes()
        if modes:
            parts.append("/".join(mode.name for mode in modes))
        parts.append(f"{len(self.tensor_names())} tensors")
        workers = self.workers()
        parts.append(workers[0] if len(workers) == 1 else f"{len(workers)} workers")
        parts.append("ended" if self._steps.ended else "going on")
        if self.problems:
            parts.append(f"{len(self.problems)} broken files")
        return "<Trial {}: {}>".format(self.path, "; ".join(parts))

    def _maybe_refresh(self) -> None:
        if self._steps.ended or self._refresh_every_s is None:
            return
        if self._now() - self._refreshed_at >= self._refresh_every_s:
            self.refresh()

    def _names_at(self, step: int | None, mode: Mode) -> set[str]:
        names: set[str] = set()
        if step is not None:
            found = self._steps.global_step(step, mode)
            for entry in self._steps.entries(-1 if found is None else found).values():
                names |= entry.tensor_names()
            return names
        known: set[int] = set()
        for _, entry in self._steps.all_entries(mode):
            # Most steps share one table of names: read each table once.
            if entry.shapes or id(entry.names) not in known:
                known.add(id(entry.names))
                names |= entry.tensor_names()
        return names

    def _step(self, step: int) -> Step:
        mode, mode_step = self._steps.mode_step(step)
        entries = self._steps.entries(step)
        by_worker = {
            worker: Tensors(entries[worker], self._reader) for worker in sorted(entries, key=_by_rank)
        }
        return Step(step, mode, mode_step, by_worker)

    def _missing(self, step: int, mode: Mode) -> StepUnavailable | NotYet:
        steps = self._steps.steps(mode)
        which = f"step {step}" if mode == Mode.GLOBAL else f"{mode.name} step {step}"
        if self._steps.ended or (steps and step < steps[-1]):
            there = f"; saved are {_abbreviated(steps)}" if steps else ""
            return StepUnavailable(f"{which} was not saved{there}")
        return NotYet(f"{which} is not there yet")


def _abbreviated(steps: list[int]) -> str:
    if len(steps) <= 8:
        return ", ".join(map(str, steps))
    return "{}, ... {}".format(", ".join(map(str, steps[:4])), steps[-1])


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(re.search(pattern, name) for pattern in patterns)


def _by_rank(worker: str) -> Any:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", worker)]
