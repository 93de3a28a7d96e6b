"""One saved step of a training, as the rules see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clary.debugger.tensors import reduce

from .selection import Names, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Array = NDArray[Any]
MOST_TEXTS = 100


class Tensor:
    """One tensor of one worker at one step. Nothing is read until it is asked for, and then only once.

    ``load`` gives the array, None where only reductions were saved. ``stored`` gives the reductions
    that were saved, by smdebug's names (``abs_mean``, ``max``, ``l2``).
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
        """What is the same tensor from step to step."""
        return self.name, self.worker

    @property
    def array(self) -> Array | None:
        """The values, or None where only reductions were saved, or where they are no numbers."""
        self._read()
        return self._array

    @property
    def text(self) -> str | None:
        """What a tensor says that holds texts, a hyperparameter for example; several with commas between."""
        self._read()
        return self._text

    @property
    def stored(self) -> frozenset[str]:
        """The reductions that were saved."""
        return frozenset(self._stored)

    def measure(self, reduction: str) -> float | None:
        """``reduction`` of the tensor: as saved, else computed; None where there are no values."""
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
        elif 0 < array.size <= MOST_TEXTS and array.dtype.kind in "USO":
            self._text = ", ".join(
                value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                for value in array.reshape(-1)
            )


@dataclass(frozen=True, slots=True)
class Step:
    """A complete step: ``number`` counts over all modes, ``mode_step`` within ``mode`` (TRAIN, EVAL, ...)."""

    number: int
    tensors: tuple[Tensor, ...]
    names: Names = field(default_factory=Names)
    mode: str = "GLOBAL"
    mode_step: int = -1

    def __post_init__(self) -> None:
        if self.mode_step < 0:  # a training without modes counts its steps once
            object.__setattr__(self, "mode_step", self.number)

    @property
    def trains(self) -> bool:
        """Whether the model may learn here: it stays as it is from step to step of a validation pass."""
        return self.mode not in ("EVAL", "PREDICT")

    def select(self, selection: Selection) -> list[Tensor]:
        """Tensors of the selection, whether their values or only their reductions were saved."""
        selected = self.names.selected
        return [tensor for tensor in self.tensors if selected(selection, tensor.name)]

    def arrays(self, selection: Selection) -> Iterator[tuple[Tensor, Array]]:
        """Tensors of the selection whose values were saved."""
        for tensor in self.select(selection):
            array = tensor.array
            if array is not None:
                yield tensor, array


def _reduce(array: Array, reduction: str) -> float:
    # Half precision overflows at 65,504, which a sum soon passes.
    wide = array.astype(np.float32) if array.dtype == np.float16 else array
    return float(reduce(wide, reduction.removeprefix("abs_"), absolute=reduction.startswith("abs_")))
