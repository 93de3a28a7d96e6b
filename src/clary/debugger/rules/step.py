"""One saved step of a training, in the form that rules read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clary.debugger.tensors import reduce

from .selection import Selection, TensorNames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Array = NDArray[Any]
MAX_TEXTS = 100


class StepTensor:
    """One tensor of one worker at one step. It is read when it is asked for, and only once.

    load: returns the array; None if only reductions were saved. stored: by smdebug's name (``abs_mean``,
    ``max``, ``l2``), a function that returns a saved reduction.
    """

    __slots__ = ("_array", "_load", "_measures", "_stored", "_text", "name", "worker")

    def __init__(
        self,
        name: str,
        load: Callable[[], Array] | None,
        stored: Mapping[str, Callable[[], float | None]] | None = None,
        worker: str = "worker_0",
    ) -> None:
        self.name = name
        self.worker = worker
        self._load = load
        self._stored = stored or {}
        self._array: Array | None = None
        self._text: str | None = None
        self._measures: dict[str, float] = {}

    @property
    def key(self) -> tuple[str, str]:
        """Identifies the tensor over all steps: name and worker."""
        return self.name, self.worker

    @property
    def array(self) -> Array | None:
        """The values; None if only reductions were saved, or if the values are not numbers."""
        self._read()
        return self._array

    @property
    def text(self) -> str | None:
        """The strings of a tensor of strings, such as a hyperparameter, joined by commas; else None."""
        self._read()
        return self._text

    @property
    def stored(self) -> frozenset[str]:
        """The reductions that were saved."""
        return frozenset(self._stored)

    def measure(self, reduction: str) -> float | None:
        """A reduction, such as ``abs_mean``: the saved one, else computed; None if neither is possible."""
        if reduction not in self._measures:
            measured = self._stored[reduction]() if reduction in self._stored else None
            if measured is None:
                if self.array is None:
                    return None
                measured = _reduce(self.array, reduction)
            self._measures[reduction] = measured
        return self._measures[reduction]

    def _read(self) -> None:
        if self._load is None:
            return
        array = np.asarray(self._load())
        self._load = None
        if array.size and array.dtype.kind in "biufc":
            self._array = array
        elif 0 < array.size <= MAX_TEXTS and array.dtype.kind in "USO":
            self._text = ", ".join(
                value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                for value in array.reshape(-1)
            )


@dataclass(frozen=True, slots=True)
class RuleStep:
    """A complete step. ``number`` counts over all modes, ``mode_step`` within ``mode`` (TRAIN, EVAL, ...)."""

    number: int
    tensors: tuple[StepTensor, ...]
    names: TensorNames = field(default_factory=TensorNames)
    mode: str = "GLOBAL"
    mode_step: int = -1

    def __post_init__(self) -> None:
        if self.mode_step < 0:  # a training without modes has only one number
            object.__setattr__(self, "mode_step", self.number)

    @property
    def trains(self) -> bool:
        """Whether the step may change the weights: False in steps of evaluation and prediction."""
        return self.mode not in ("EVAL", "PREDICT")

    def select(self, selection: Selection) -> list[StepTensor]:
        """The tensors of the selection, including those of which only reductions were saved."""
        selected = self.names.selected
        return [tensor for tensor in self.tensors if selected(selection, tensor.name)]

    def arrays(self, selection: Selection) -> Iterator[tuple[StepTensor, Array]]:
        """The tensors of the selection whose values were saved, with their values."""
        for tensor in self.select(selection):
            array = tensor.array
            if array is not None:
                yield tensor, array


def _reduce(array: Array, reduction: str) -> float:
    # Half precision overflows at 65,504, and a sum easily exceeds that.
    wide = array.astype(np.float32) if array.dtype == np.float16 else array
    return float(reduce(wide, reduction.removeprefix("abs_"), absolute=reduction.startswith("abs_")))
