"""Counts the steps of a training and collects the tensors of each step for the writer.

    begin(mode)   ends the step before, and returns what is due in this one
      slot / save / add    one tensor by name: reserves memory for it, copies it, or takes it over
      scalar               a number, also at a step that is not due
    begin(mode) ...
    close()       ends the last step

Copies from a GPU may still be running when a step ends. Such a step stays in a queue until its copies are
complete; the training does not wait for them. After a restart from a checkpoint, counting continues.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..tensors import Mode, TensorWriter, reduce, reduction_tensor_name
from ..tensors.index import Shape
from ..tensors.reductions import NORMS
from .checkpoints import Counters, open_checkpoints
from .job_metrics import TrainingMetrics
from .plan import Want

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .plan import Plan, StepPlan
    from .worker import Worker

SCALARS = "scalar/"
"""The prefix of the names of numbers that the script saves itself."""
MAX_IN_FLIGHT = 4
"""The number of steps whose copies from a device may be incomplete. With more, wait for the oldest."""


class _PendingStep(NamedTuple):
    step: int
    mode: Mode
    mode_step: int
    tensors: dict[str, Any]
    wants: dict[str, Want]
    shapes: list[Shape]
    copies: Any


class Recorder:
    """The steps of one worker. For the training's thread only.

    ``due``: what the current step saves; None: nothing.
    """

    def __init__(
        self, plan: Plan, worker: Worker, *, keep_index: bool = False, flat_norms: bool = False
    ) -> None:
        """keep_index: names of reductions keep an index such as ``:0``, as smdebug does for TensorFlow.

        flat_norms: l1 and l2 are vector norms of the flattened array, as in MXNet, and no matrix norms.
        """
        self.plan = plan
        self.worker = worker
        self.root = plan.settings.local_path
        self.step = -1
        self.mode = Mode.GLOBAL
        self.mode_steps = dict.fromkeys(Mode, -1)
        self.due: StepPlan | None = None
        self.copies: Any = None
        """The copies of this step, set by a hook that copies from a device. Has query() and synchronize()."""
        self.on_first_write: Callable[[], Any] | None = None
        self._keep_index = keep_index
        self._flat_norms = flat_norms
        self._last_saved: int | None = None
        self._checkpoints = open_checkpoints()
        if self._checkpoints is not None and self._checkpoints.restored is not None:
            self.step, self._last_saved, modes = self._checkpoints.restored
            self.mode_steps.update(modes)
        if worker.rank != 0:
            self._checkpoints = None  # all workers have the same counters: one saves them
        alone = plan.settings.include_workers != "all"
        self.writer = TensorWriter(
            self.root, worker.name, 1 if alone else worker.world_size, on_sigterm=False
        )
        self.metrics = TrainingMetrics()
        self._tensors: dict[str, Any] = {}
        self._wants: dict[str, Want] = {}
        self._shapes: list[Shape] = []
        self._numbers: dict[str, int] = {}
        self._in_flight: deque[_PendingStep] = deque()
        self._known_tensors = -1

    @property
    def mode_step(self) -> int:
        """The number of the current step within its mode."""
        return self.mode_steps[self.mode]

    def begin(self, mode: Mode, step: int | None = None) -> StepPlan | None:
        """Ends the step before and starts the next one. Returns what is due in it; None: nothing.

        step: its number within the mode, if the framework counts steps itself.
        """
        if self._tensors or self._shapes or self._in_flight:
            self.finish()
        if self._checkpoints is not None:
            self._checkpoints.check(self._counters)
        self.mode = mode
        self.step = self.step + 1 if step is None else step
        self.mode_steps[mode] = self.mode_steps[mode] + 1 if step is None else step
        due = self.plan.at(mode, self.mode_steps[mode])
        if due is not None:
            self._numbers.clear()
            due = due if self.writer.ready() else None
        self.due = due
        return due

    def number(self, prefix: str) -> int:
        """The number of earlier calls with this prefix in the step. A module may be called several times."""
        count = self._numbers.get(prefix, 0)
        self._numbers[prefix] = count + 1
        return count

    def slot(self, name: str, want: Want, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array that the caller fills before the step ends.

        A second slot or array of the same name in a step replaces the first one.
        """
        known = self._tensors.get(name)
        if known is not None and known.shape == tuple(shape) and known.dtype == dtype:
            return known
        array = self.writer.empty(tuple(shape), dtype)
        self.add(name, want, array)
        return array

    def add(self, name: str, want: Want, array: Any) -> None:
        """Adds an array without a copy. The caller must not change it afterwards."""
        self._tensors[name] = array
        self._wants[name] = want

    def reduction_name(self, name: str, reduction: str, absolute: bool) -> str:
        """The name under which a reduction of a tensor is saved."""
        return reduction_tensor_name(name, reduction, absolute=absolute, keep_index=self._keep_index)

    def save(self, name: str, want: Want, array: Any) -> None:
        """Saves what ``want`` asks for. Copies the numpy array, so the caller may change it afterwards."""
        array = np.asarray(array)
        for reduction in want.reductions:
            source = array.reshape(-1) if self._flat_norms and reduction.name in NORMS else array
            value = np.asarray(reduce(source, reduction.name, absolute=reduction.absolute))
            self.add(self.reduction_name(name, reduction.name, reduction.absolute), Want(raw=True), value)
        if want.raw:
            if array.dtype.kind in "UOS":
                self.add(name, want, array.copy())
            else:
                self.slot(name, want, array.shape, array.dtype)[...] = array
        self.shape(name, want, array.shape)

    def shape(self, name: str, want: Want, shape: Sequence[int]) -> None:
        """Saves the shape of a tensor, if ``want`` asks for it."""
        if want.shape:
            self._shapes.append(Shape(name, tuple(int(size) for size in shape), name))

    def scalar(self, name: str, value: float, metric: bool = False) -> None:
        """Saves a number with the current step, even if the step is not due."""
        self.add(name, Want(raw=True, metric=metric, curve=True), np.asarray(value, dtype=np.float64))

    def finish(self) -> None:
        """Ends the current step. The writer gets it when its copies from a device are complete."""
        if self._tensors or self._shapes:
            self._in_flight.append(
                _PendingStep(
                    self.step,
                    self.mode,
                    self.mode_step,
                    self._tensors,
                    self._wants,
                    self._shapes,
                    self.copies,
                )
            )
            self._tensors, self._wants, self._shapes = {}, {}, []
        self.copies = None
        self.due = None
        while self._in_flight:
            copies = self._in_flight[0].copies
            if copies is not None and not copies.query():
                if len(self._in_flight) <= MAX_IN_FLIGHT:
                    return
                copies.synchronize()
            self._write(self._in_flight.popleft())

    def flush(self) -> None:
        """Ends the current step and waits for copies from a device."""
        self.finish()
        while self._in_flight:
            finished = self._in_flight.popleft()
            finished.copies.synchronize()
            self._write(finished)

    def close(self, timeout_s: float = 60.0) -> None:
        """Ends the last step, and closes the writer and the metrics. timeout_s: for the writer."""
        self.flush()
        if self._checkpoints is not None:
            self._checkpoints.check(self._counters, now=True)
        self._update_collections()
        self.metrics.close(self.mode_steps)
        self.writer.close(timeout_s)

    def _counters(self) -> Counters:
        return Counters(self.step, self._last_saved, self.mode_steps)

    def _write(self, finished: _PendingStep) -> None:
        self._last_saved = finished.step
        self._update_collections()
        for name, want in finished.wants.items():
            if want.metric:
                mean = float(np.mean(finished.tensors[name]))
                add = self.metrics.log if name.startswith(SCALARS) else self.metrics.add
                add(name, mean, finished.mode, finished.mode_step)
        if self.plan.settings.tensorboard_dir is not None:
            self._summarize(finished, self.plan.settings.tensorboard_dir)
        self.writer.write(
            finished.step,
            finished.mode,
            finished.mode_step,
            list(finished.tensors.items()),
            finished.shapes,
        )
        if self.on_first_write is not None:
            on_first_write, self.on_first_write = self.on_first_write, None
            on_first_write()

    def _update_collections(self) -> None:
        known = sum(len(collection.tensor_names) for collection in self.plan.collections.values())
        if known != self._known_tensors:
            self._known_tensors = known
            self.writer.set_collections(self.plan.collections)

    def _summarize(self, finished: _PendingStep, folder: str) -> None:
        from ..tensors import tensorboard

        values = []
        for name, want in finished.wants.items():
            array = finished.tensors[name]
            if want.curve and array.size == 1:
                values.append(tensorboard.scalar(name, float(array.reshape(-1)[0])))
            elif want.histogram and array.dtype.kind in "fiu" and array.size:
                found = tensorboard.histogram_of(want.histogram, name, array)
                if found is not None:
                    values.append(found)
        tensorboard.write_summaries(folder, finished.step, finished.mode, values)
