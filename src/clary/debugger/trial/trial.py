"""A trial: all that a training has saved, while it runs and afterwards."""

from __future__ import annotations

import json
import re
import time
import warnings
from typing import TYPE_CHECKING, Any

from ..tensors import collection as collections_file
from ..tensors import index as index_file
from ..tensors.collection import Collection
from ..tensors.layout import parse_collections_file, parse_step_file
from ..tensors.modes import Mode, ModeLike, as_mode
from .catalogue import Catalogue
from .errors import CorruptFile, NoSuchTensor, NotYet, StepUnavailable
from .reading import Reading
from .step import Step, Tensors
from .tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .files import Files

    Patterns = str | Iterable[str]


MODULES_FILE = "clary_modules.json"


class Trial:
    """``steps``, ``tensor_names``, ``tensor(name).value(step)``, ``collections`` and ``workers`` show it.

    Questions look for new files, at most once in ``refresh_every_s``; with None, only ``refresh`` and
    ``follow`` do. For one thread at a time.
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
        self.problems: list[CorruptFile] = []
        """Index and collections files that could not be read; each was warned of once and is left out."""
        self._files = files
        self._refresh_every_s = refresh_every_s
        self._sleep = sleep
        self._now = now
        self._reading = Reading(files, missing_file_wait_s, sleep)
        self._catalogue = Catalogue()
        self._collections: dict[str, Collection] = {}
        self._collection_workers: set[str] = set()
        self._collection_versions: dict[str, str] = {}
        files.check()
        self.refresh()

    def refresh(self) -> bool:
        """Reads the index files that came since the last time; whether there were any."""
        # In this order: what was there when the end was marked is then seen.
        ended = self._catalogue.ended or self._files.ended()
        changed = self._read_collections()
        paths = self._files.new_index_files(self._catalogue.first_open_step)
        for path, content in zip(paths, self._files.read(paths)):
            self._add(path, content)
        changed = changed or bool(paths) or ended != self._catalogue.ended
        self._catalogue.ended = ended
        self._catalogue.settle()
        self._refreshed_at = self._now()
        return changed

    @property
    def ended(self) -> bool:
        """Whether the job is over and nothing more will come."""
        self._maybe_refresh()
        return self._catalogue.ended

    def steps(self, mode: ModeLike = None, *, show_incomplete_steps: bool = False) -> list[int]:
        """Saved steps that all workers have written, counted within the mode, or over all without one."""
        self._maybe_refresh()
        return self._catalogue.steps(as_mode(mode), incomplete=show_incomplete_steps)

    def modes(self) -> list[Mode]:
        self._maybe_refresh()
        return self._catalogue.modes()

    def global_step(self, mode: ModeLike, mode_step: int) -> int | None:
        """The step over all modes; None when it was not saved."""
        self._maybe_refresh()
        return self._catalogue.global_step(mode_step, as_mode(mode))

    def mode_of(self, step: int) -> Mode:
        """What a global step was for. Raises StepUnavailable, NotYet."""
        return self.step(step).mode

    def mode_step(self, step: int) -> int:
        """The number of a global step within its mode. Raises StepUnavailable, NotYet."""
        return self.step(step).mode_step

    def workers(self) -> list[str]:
        self._maybe_refresh()
        return sorted(self._collection_workers | self._catalogue.workers(), key=_by_rank)

    @property
    def num_workers(self) -> int | None:
        """How many workers write; None while none has said so."""
        self._maybe_refresh()
        return self._catalogue.num_workers

    @property
    def collections(self) -> dict[str, Collection]:
        self._maybe_refresh()
        return dict(self._collections)

    def collection(self, name: str) -> Collection:
        """One that nobody defined is empty, as smdebug has it."""
        self._maybe_refresh()
        return self._collections.get(name) or Collection(name)

    def module_classes(self) -> dict[str, str]:
        """Classes of modules by what the names of their tensors begin with; empty where none were noted."""
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
        """Sorted names of what was saved: anywhere, at a step, in a mode; found by regex or in a collection.

        regex: one or more, searched for anywhere in the name. With a collection too, both have to hold.
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
        """Raises NoSuchTensor, naming what comes near."""
        if not self.has_tensor(name):
            near = [other for other in self.tensor_names() if name.lower() in other.lower()][:3]
            hint = "; there is " + ", ".join(near) if near else ""
            raise NoSuchTensor(f"{name} was not saved{hint}")
        return Tensor(name, self)

    __getitem__ = tensor

    def has_tensor(self, name: str) -> bool:
        self._maybe_refresh()
        return any(name in entry.tensor_names() for _, entry in self._catalogue.all_entries())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has_tensor(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensor_names())

    def steps_of_tensor(self, name: str, mode: ModeLike = None) -> list[int]:
        """Steps at which a tensor, a reduction or the shape of it was saved by any worker."""
        return [
            step for step, entry in self._catalogue.all_entries(as_mode(mode)) if name in entry.tensor_names()
        ]

    def step(self, step: int, mode: ModeLike = None) -> Step:
        """A saved step, complete or not. Raises StepUnavailable, NotYet."""
        wanted = as_mode(mode)
        found = self._catalogue.global_step(step, wanted)
        if found is None:
            self._maybe_refresh()
            found = self._catalogue.global_step(step, wanted)
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
        """Every complete step after a global step, in increasing order, with new ones until the job ends.

        stop: asked while waiting; True ends the iteration. wait: called with ``poll_s`` between two looks.
        A step that becomes visible after a later one was given is left out.
        """
        wait = self._sleep if wait is None else wait
        while True:
            ended = self._catalogue.ended
            for step in list(self._catalogue.complete_after(after)):
                yield self._step(step)
                after = step
            if ended or stop():
                return
            if not self.refresh():
                wait(poll_s)

    def wait_for_step(self, step: int, mode: ModeLike = None, *, timeout_s: float = 600.0) -> bool:
        """Waits until a step is complete; False when the job ended, a later step came, or time ran out."""
        wanted = as_mode(mode)
        until = self._now() + timeout_s
        while True:
            found = self._catalogue.global_step(step, wanted)
            if found is not None and self._catalogue.complete(found):
                return True
            later = [other for other in self._catalogue.steps(wanted) if other > step]
            if self._catalogue.ended or later or self._now() >= until:
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
        parts.append("ended" if self._catalogue.ended else "going on")
        if self.problems:
            parts.append(f"{len(self.problems)} broken files")
        return "<Trial {}: {}>".format(self.path, "; ".join(parts))

    def _maybe_refresh(self) -> None:
        if self._catalogue.ended or self._refresh_every_s is None:
            return
        if self._now() - self._refreshed_at >= self._refresh_every_s:
            self.refresh()

    def _add(self, path: str, content: bytes) -> None:
        parsed = parse_step_file(path)
        if parsed is None:
            return
        try:
            index = index_file.from_json(content)
        except ValueError as error:
            self._note(CorruptFile(self._files.locate(path), str(error)))
            return
        self._catalogue.add(parsed.step, parsed.worker, index)

    def _read_collections(self) -> bool:
        found = dict(self._files.collections_files())
        if found == self._collection_versions:
            return False
        first = next(iter(found), None)
        # The first file speaks for all; the others only say that their workers are there.
        if first is not None and found[first] != self._collection_versions.get(first):
            try:
                content = collections_file.from_json(self._files.read([first])[0])
                self._collections = content.collections
                self._catalogue.num_workers = content.num_workers
            except ValueError as error:
                self._note(CorruptFile(self._files.locate(first), str(error)))
        self._collection_versions = found
        workers = (parse_collections_file(path) for path in found)
        self._collection_workers = {worker for worker in workers if worker is not None}
        return True

    def _note(self, problem: CorruptFile) -> None:
        self.problems.append(problem)
        warnings.warn(str(problem), stacklevel=3)

    def _names_at(self, step: int | None, mode: Mode) -> set[str]:
        names: set[str] = set()
        if step is not None:
            found = self._catalogue.global_step(step, mode)
            for entry in self._catalogue.entries(-1 if found is None else found).values():
                names |= entry.tensor_names()
            return names
        known: set[int] = set()
        for _, entry in self._catalogue.all_entries(mode):
            # Most steps share one table of names: look at each table once.
            if entry.shapes or id(entry.names) not in known:
                known.add(id(entry.names))
                names |= entry.tensor_names()
        return names

    def _step(self, step: int) -> Step:
        moment = self._catalogue.moment(step)
        entries = self._catalogue.entries(step)
        by_worker = {
            worker: Tensors(entries[worker], self._reading) for worker in sorted(entries, key=_by_rank)
        }
        return Step(step, moment.mode, moment.mode_step, by_worker)

    def _missing(self, step: int, mode: Mode) -> StepUnavailable | NotYet:
        steps = self._catalogue.steps(mode)
        which = f"step {step}" if mode == Mode.GLOBAL else f"{mode.name} step {step}"
        if self._catalogue.ended or (steps and step < steps[-1]):
            there = f"; saved are {_some(steps)}" if steps else ""
            return StepUnavailable(f"{which} was not saved{there}")
        return NotYet(f"{which} is not there yet")


def _some(steps: list[int]) -> str:
    if len(steps) <= 8:
        return ", ".join(map(str, steps))
    return "{}, ... {}".format(", ".join(map(str, steps[:4])), steps[-1])


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(re.search(pattern, name) for pattern in patterns)


def _by_rank(worker: str) -> Any:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", worker)]
