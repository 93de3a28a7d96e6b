"""One step of a trial, with its tensors by worker and name. A tensor is read when its value is asked for."""

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
    from .event_reader import EventReader
    from .step_catalogue import WorkerStep


class SavedTensor:
    """One tensor of one step of one worker. Nothing is read until ``value`` or ``reduction`` is called."""

    __slots__ = ("_entry", "_reader", "name")

    def __init__(self, name: str, entry: WorkerStep, reader: EventReader) -> None:
        self.name = name
        self._entry = entry
        self._reader = reader

    @property
    def step(self) -> int:
        return self._entry.step

    @property
    def worker(self) -> str:
        return self._entry.worker

    @property
    def has_value(self) -> bool:
        """False when only its reductions or its shape were saved."""
        return self.name in self._entry.names.raw

    @property
    def stored_reductions(self) -> frozenset[Reduction]:
        """The reductions that were saved."""
        return frozenset(self._entry.names.reduced.get(self.name, ()))

    def value(self) -> Any:
        """The array, read-only: it may be a view of the mapped file. Raises NotSaved, CorruptFile."""
        position = self._entry.names.raw.get(self.name)
        if position is None:
            raise NotSaved(f"{self.name} was not saved at step {self.step}, only {self._saved_instead()}")
        return self._reader.arrays(self._entry, [self.name], [position])[0]

    def reduction(self, name: str, *, absolute: bool = False) -> Any:
        """The stored reduction, else the reduction computed from the array.

        name: min, max, mean, std, variance, sum, prod, l1 or l2. absolute: of the absolute values.
        Raises NotSaved when neither the reduction nor the array was saved, CorruptFile, and ValueError for an
        unknown name.
        """
        position = self._entry.names.reduced.get(self.name, {}).get(Reduction(name, absolute))
        if position is None:
            return reduce(self.value(), name, absolute=absolute)
        stored = self._stored_name(Reduction(name, absolute))
        value = self._reader.arrays(self._entry, [stored], [position])[0]
        return value[()] if value.ndim == 0 else value.reshape(-1)[0] if value.size == 1 else value

    def shape(self) -> tuple[int, ...]:
        """The stored shape, else that of the array. Raises NotSaved, CorruptFile."""
        shape = self._entry.shapes.get(self.name)
        return tuple(self.value().shape) if shape is None else shape.shape

    def __repr__(self) -> str:
        return f"<SavedTensor {self.name} at step {self.step} of {self.worker}>"

    def _stored_name(self, reduction: Reduction) -> str:
        return reduction_tensor_name(self.name, reduction.name, absolute=reduction.absolute, keep_index=True)

    def _saved_instead(self) -> str:
        return "reductions of it" if self.name in self._entry.names.reduced else "its shape"


if TYPE_CHECKING:
    _Mapping = Mapping[str, SavedTensor]
else:
    _Mapping = Mapping  # Python 3.8 can't subscript it


class Tensors(_Mapping):
    """The tensors of one step of one worker, by name. A name that was not saved raises NoSuchTensor."""

    def __init__(self, entry: WorkerStep, reader: EventReader) -> None:
        self._entry = entry
        self._reader = reader
        self._names = entry.tensor_names()

    def __getitem__(self, name: str) -> SavedTensor:
        if name not in self._names:
            raise NoSuchTensor(f"{name} was not saved at step {self._entry.step}")
        return SavedTensor(name, self._entry, self._reader)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def in_order(self) -> list[str]:
        """Names of the tensors that have a value, in the order in which the training saved them."""
        return list(self._entry.names.raw)

    def load(self, names: Iterable[str] | None = None) -> dict[str, Any]:
        """The arrays of many tensors, read-only, by name. Tensors without a saved value are left out.

        names: by default all. On S3, one request fetches tensors that are close to each other in the file.
        Raises CorruptFile.
        """
        raw = self._entry.names.raw
        wanted = [name for name in (self if names is None else names) if name in raw]
        if not wanted:
            return {}
        positions = [raw[name] for name in wanted]
        arrays = self._reader.arrays(self._entry, wanted, positions)
        return dict(zip(wanted, arrays))

    def __repr__(self) -> str:
        return f"<{len(self)} tensors of step {self._entry.step} of {self._entry.worker}>"


class Step(NamedTuple):
    """One saved step. ``step`` counts over all modes, ``mode_step`` within ``mode``.

    by_worker: the tensors of each worker, in the order of the ranks.
    """

    step: int
    mode: Mode
    mode_step: int
    by_worker: dict[str, Tensors]

    @property
    def workers(self) -> list[str]:
        return list(self.by_worker)

    def tensors(self, worker: str | None = None) -> Tensors:
        """The tensors of one worker; by default of the first that wrote the step. Raises NoSuchWorker."""
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
    """A writable copy, which does not depend on the file."""
    return np.array(array)
