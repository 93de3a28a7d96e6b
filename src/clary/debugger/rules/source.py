"""Returns the steps of a trial to the rules when they are complete."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from clary.debugger.tensors.layout import MODULES_FILE
from clary.debugger.trial import NoTrial, Tensors, Trial, TrialError, Unavailable
from clary.debugger.trial import Step as SavedStep
from clary.debugger.trial.local import LocalFiles
from clary.debugger.trial.s3 import S3Files

from .selection import CollectionMatcher, TensorNames
from .step import Array, RuleStep, StepTensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clary.debugger.trial.files import Files


class TrialSource:
    """The steps of a trial. path: a folder or ``s3://bucket/prefix``; may not exist yet. For one thread.

    since: objects from before that time (epoch seconds) are left out.
    """

    def __init__(self, path: str, *, s3: Any = None, since: float = 0.0) -> None:
        self._files: Files = S3Files(path, s3, since) if path.startswith("s3://") else LocalFiles(path)
        self._trial: Trial | None = None
        self._names = TensorNames()
        self._last_step = -1
        self._wanted: set[str] = set()

    @property
    def ended(self) -> bool:
        """Whether the job has ended. Ask after ``poll``: it has then returned all steps."""
        return self._trial is not None and self._trial.ended

    def poll(self) -> Iterator[RuleStep]:
        """The complete steps that no earlier call returned, in order."""
        trial = self._open()
        if trial is None:
            return
        trial.refresh()
        self._read_names(trial)
        for saved in trial.follow(after=self._last_step, stop=lambda: True):
            self._last_step = saved.step
            yield self._step(trial, saved)

    def step(self, number: int) -> RuleStep | None:
        """A step by its global number; None when it was not saved (yet)."""
        trial = self._open()
        if trial is None:
            return None
        try:
            return self._step(trial, trial.step(number))
        except Unavailable:
            trial.refresh()
            self._read_names(trial)
        try:
            return self._step(trial, trial.step(number))
        except Unavailable:
            return None

    def _open(self) -> Trial | None:
        if self._trial is None:
            try:
                self._trial = Trial(self._files, refresh_every_s=None)
            except NoTrial:
                return None  # the job has not created its folder yet
        return self._trial

    def _step(self, trial: Trial, saved: SavedStep) -> RuleStep:
        tensors = tuple(
            tensor
            for worker, of_worker in saved.by_worker.items()
            for tensor in self._tensors(worker, of_worker)
        )
        return RuleStep(saved.step, tensors, self._names, saved.mode.name, saved.mode_step)

    def _tensors(self, worker: str, saved: Tensors) -> Iterator[StepTensor]:
        loader = _BatchLoader(saved, self._wanted)
        for name in saved:
            tensor = saved[name]
            stored = {
                ("abs_" if reduction.absolute else "") + reduction.name: _reduction_loader(
                    tensor.reduction, reduction
                )
                for reduction in tensor.stored_reductions
            }
            yield StepTensor(name, loader.loader(name) if tensor.has_value else None, stored, worker)

    def _read_names(self, trial: Trial) -> None:
        collections = {
            name: CollectionMatcher(collection.tensor_names, collection.include_regex)
            for name, collection in trial.collections.items()
        }
        modules = _read_modules(self._files)
        if collections != self._names.collections or modules != self._names.modules:
            self._names = TensorNames(collections, modules)


class _BatchLoader:
    """Loads tensors of one step of one worker. Loads those that rules read at other steps at the same time.

    On S3, a request for many tensors takes hardly longer than a request for one.
    """

    def __init__(self, saved: Tensors, wanted: set[str]) -> None:
        self._saved = saved
        self._wanted = wanted
        self._loaded: dict[str, Array] = {}

    def loader(self, name: str) -> Callable[[], Array]:
        return lambda: self._load(name)

    def _load(self, name: str) -> Array:
        self._wanted.add(name)
        if name not in self._loaded:
            try:
                self._loaded.update(
                    self._saved.load(self._wanted.intersection(self._saved) - self._loaded.keys())
                )
            except TrialError as error:
                return self._load_one(name, error)
        return self._loaded.pop(name)

    def _load_one(self, name: str, error: TrialError) -> Array:
        # One corrupt record must not hide the other tensors or stop the rules.
        try:
            return self._saved.load([name])[name]  # type: ignore[no-any-return]
        except TrialError:
            print(f"{name} can't be read and is left out: {error}", file=sys.stderr)
            return np.empty(0)


def _reduction_loader(reduction: Callable[..., Any], which: Any) -> Callable[[], float | None]:
    def read() -> float | None:
        try:
            return float(reduction(which.name, absolute=which.absolute))
        except TrialError as error:
            print(f"a reduction can't be read and is left out: {error}", file=sys.stderr)
            return None

    return read


def _read_modules(files: Files) -> Mapping[str, str]:
    """The prefix of a module's tensor names, to its class name; empty if the capture wrote no such file."""
    try:
        (content,) = files.read([MODULES_FILE])
        found = json.loads(content)
    except (FileNotFoundError, ValueError):
        return {}
    return {str(prefix): str(kind) for prefix, kind in found.items()} if isinstance(found, dict) else {}
