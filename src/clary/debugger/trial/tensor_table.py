"""The positions of tensors in an index file, by name. Steps with the same tensors share one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..tensors.reductions import Reduction, parse_reduction_tensor_name

if TYPE_CHECKING:
    from collections.abc import Sequence


class TensorTable:
    """Positions in an index file, by tensor name.

    raw: the position of a tensor. reduced: the positions of its stored reductions. all: the names of both.
    """

    __slots__ = ("all", "raw", "reduced")

    def __init__(self, names: Sequence[str]) -> None:
        self.raw: dict[str, int] = {}
        self.reduced: dict[str, dict[Reduction, int]] = {}
        for position, name in enumerate(names):
            reduced = parse_reduction_tensor_name(name)
            if reduced is None:
                self.raw[name] = position
            else:
                self.reduced.setdefault(reduced.tensor, {})[reduced.reduction] = position
        self.all = frozenset(self.raw).union(self.reduced)


class TensorTables:
    """Keeps one table for every different list of names."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, ...], TensorTable] = {}

    def of(self, names: tuple[str, ...]) -> TensorTable:
        """The table of a list of names, in the order of the index file."""
        table = self._tables.get(names)
        if table is None:
            table = self._tables[names] = TensorTable(names)
        return table
