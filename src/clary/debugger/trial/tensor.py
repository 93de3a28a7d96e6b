"""One tensor over all steps of a trial, for interactive use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..tensors.modes import Mode, ModeLike, as_mode
from .errors import NotSaved
from .step import SavedTensor, owned

if TYPE_CHECKING:
    from .trial import Trial


class Tensor:
    """One tensor of a trial by step.

    ``step`` counts within ``mode``, or over all modes without one. Without a worker, the first worker that
    saved the tensor is used. Arrays are writable copies. Methods that take a step raise StepUnavailable,
    NotYet or NotSaved when the trial does not have what is asked for, and CorruptFile.
    """

    def __init__(self, name: str, trial: Trial) -> None:
        self.name = name
        self._trial = trial

    def steps(self, mode: ModeLike = None, *, show_incomplete_steps: bool = False) -> list[int]:
        """The steps at which the tensor, a reduction or its shape was saved, in increasing order."""
        wanted = as_mode(mode)
        there = set(self._trial.steps(wanted, show_incomplete_steps=show_incomplete_steps))
        return sorted({step for step in self._trial.steps_of_tensor(self.name, wanted) if step in there})

    def value(self, step: int, mode: ModeLike = None, worker: str | None = None) -> Any:
        """The array at one step."""
        return owned(self.at(step, mode, worker).value())

    def values(self, mode: ModeLike = None, worker: str | None = None) -> dict[int, Any]:
        """The arrays by step, for all steps that saved the tensor itself."""
        found = {}
        for step in self.steps(mode):
            saved = self.at(step, mode, worker)
            if saved.has_value:
                found[step] = owned(saved.value())
        return found

    def reduction_value(
        self,
        step: int,
        reduction_name: str,
        mode: ModeLike = None,
        worker: str | None = None,
        abs: bool = False,
    ) -> Any:
        """The stored reduction at one step, else the reduction computed from the array.

        reduction_name: min, max, mean, std, variance, sum, prod, l1 or l2. abs: of the absolute values.
        """
        return self.at(step, mode, worker).reduction(reduction_name, absolute=abs)

    def reduction_values(
        self, step: int, mode: ModeLike = None, worker: str | None = None
    ) -> dict[tuple[str, bool], Any]:
        """The stored reductions at one step, by (name, whether of absolute values)."""
        saved = self.at(step, mode, worker)
        return {
            (reduction.name, reduction.absolute): saved.reduction(reduction.name, absolute=reduction.absolute)
            for reduction in sorted(saved.stored_reductions)
        }

    def shape(self, step: int, mode: ModeLike = None, worker: str | None = None) -> tuple[int, ...]:
        """The shape at one step."""
        return self.at(step, mode, worker).shape()

    def workers(self, step: int, mode: ModeLike = None) -> list[str]:
        """The workers that saved the tensor at a step."""
        there = self._trial.step(step, mode)
        return [worker for worker, tensors in there.by_worker.items() if self.name in tensors]

    def prev_steps(self, step: int, n: int | None = None, mode: ModeLike = None) -> list[int]:
        """The last ``n`` steps of the tensor up to ``step``, which is included; all of them without ``n``."""
        steps = [earlier for earlier in self.steps(mode) if earlier <= step]
        return steps[-n:] if n else steps

    def at(self, step: int, mode: ModeLike = None, worker: str | None = None) -> SavedTensor:
        """The tensor at one step. Its value is not read yet."""
        there = self._trial.step(step, mode)
        if worker is not None:
            return there.tensors(worker)[self.name]
        for tensors in there.by_worker.values():
            if self.name in tensors:
                return tensors[self.name]
        raise NotSaved(
            f"{self.name} was not saved at {as_mode(mode).name} step {step}"
            if as_mode(mode) != Mode.GLOBAL
            else f"{self.name} was not saved at step {step}"
        )

    def __repr__(self) -> str:
        steps = self.steps()
        return "<Tensor {}: {} steps{}>".format(
            self.name, len(steps), f", {steps[0]} to {steps[-1]}" if steps else ""
        )
