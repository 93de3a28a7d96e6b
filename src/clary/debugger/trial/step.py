"""One step, for whoever goes through a trial in order: its tensors are read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    NamedTuple,
)

import numpy as np

from ..tensors.reductions import Reduction, reduce, reduction_tensor_name
from .errors import NoSuchTensor, NoSuchWorker, NotSaved

if TYPE_CHECKING:
    from ..tensors.modes import Mode
    from .catalogue import Entry
    from .reading import Reading


class SavedTensor:
    """One tensor of one step of one worker."""

    __slots__ = ("_entry", "_reading", "name")

    def __init__(self, name: str, entry: Entry, reading: Reading) -> None:
        self.name = name
        self._entry = entry
        self._reading = reading

    @property
    def step(self) -> int:
        return self._entry.step

    @property
    def worker(self) -> str:
        return self._entry.worker

    @property
    def has_value(self) -> bool:
        """False when only reductions or the shape of it were saved."""
        return self.name in self._entry.names.raw

    @property
    def stored_reductions(self) -> frozenset[Reduction]:
        return frozenset(self._entry.names.reduced.get(self.name, ()))

    def value(self) -> Any:
        """The array, read-only: it may lie in the file itself. Raises NotSaved, CorruptFile."""
        position = self._entry.names.raw.get(self.name)
        if position is None:
            raise NotSaved(f"{self.name} was not saved at step {self.step}, only {self._what_there_is()}")
        return self._reading.arrays(self._entry, [self.name], [position])[0]

    def reduction(self, name: str, *, absolute: bool = False) -> Any:
        """A stored reduction, or the same computed from the array. Raises NotSaved when there is neither."""
        position = self._entry.names.reduced.get(self.name, {}).get(Reduction(name, absolute))
        if position is None:
            return reduce(self.value(), name, absolute=absolute)
        stored = self._stored_name(Reduction(name, absolute))
        value = self._reading.arrays(self._entry, [stored], [position])[0]
        return value[()] if value.ndim == 0 else value.reshape(-1)[0] if value.size == 1 else value

    def shape(self) -> tuple[int, ...]:
        shape = self._entry.shapes.get(self.name)
        return tuple(self.value().shape) if shape is None else shape.shape

    def __repr__(self) -> str:
        return f"<SavedTensor {self.name} at step {self.step} of {self.worker}>"

    def _stored_name(self, reduction: Reduction) -> str:
        return reduction_tensor_name(self.name, reduction.name, absolute=reduction.absolute, keep_index=True)

    def _what_there_is(self) -> str:
        return "reductions of it" if self.name in self._entry.names.reduced else "its shape"


if TYPE_CHECKING:
    _Mapping = Mapping[str, SavedTensor]
else:
    _Mapping = Mapping  # Python 3.8 can't subscribe it


class Tensors(_Mapping):
    """The tensors of one worker's step by name."""

    def __init__(self, entry: Entry, reading: Reading) -> None:
        self._entry = entry
        self._reading = reading
        self._names = entry.tensor_names()

    def __getitem__(self, name: str) -> SavedTensor:
        if name not in self._names:
            raise NoSuchTensor(f"{name} was not saved at step {self._entry.step}")
        return SavedTensor(name, self._entry, self._reading)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def in_order(self) -> list[str]:
        """Names of the tensors that have a value, in the order in which the training came by them."""
        return list(self._entry.names.raw)

    def load(self, names: Iterable[str] | None = None) -> dict[str, Any]:
        """The arrays of many at once, read-only; those without a saved value are left out.

        On S3 neighbours come in one request.
        """
        raw = self._entry.names.raw
        wanted = [name for name in (self if names is None else names) if name in raw]
        if not wanted:
            return {}
        positions = [raw[name] for name in wanted]
        arrays = self._reading.arrays(self._entry, wanted, positions)
        return dict(zip(wanted, arrays))

    def __repr__(self) -> str:
        return f"<{len(self)} tensors of step {self._entry.step} of {self._entry.worker}>"


class Step(NamedTuple):
    """``step`` counts over all modes, ``mode_step`` within ``mode``; ``by_worker`` in the order of ranks."""

    step: int
    mode: Mode
    mode_step: int
    by_worker: dict[str, Tensors]

    @property
    def workers(self) -> list[str]:
        return list(self.by_worker)

    def tensors(self, worker: str | None = None) -> Tensors:
        """Of one worker; by default of the first that wrote the step. Raises NoSuchWorker."""
        if worker is None:
            return next(iter(self.by_worker.values()))
        try:
            return self.by_worker[worker]
        except KeyError:
            raise NoSuchWorker(
                "{} did not write step {}; {} did".format(worker, self.step, ", ".join(self.by_worker))
            ) from None

    def __repr__(self) -> str:
        return "<Step {}: {} {}, {} tensors, {}>".format(
            self.step, self.mode.name, self.mode_step, len(self.tensors()), ", ".join(self.by_worker)
        )


def owned(array: Any) -> Any:
    """A copy that may be written to and outlives the file."""
    return np.array(array)
