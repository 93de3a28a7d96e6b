"""The tensors of an index file by name. Steps that saved the same tensors share one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..tensors.reductions import Reduction, parse_reduction_tensor_name

if TYPE_CHECKING:
    from collections.abc import Sequence


class Names:
    """``raw``: position of a tensor in the index. ``reduced``: positions of its stored reductions."""

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


class NameTables:
    """Keeps one table for every list of names that comes up."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, ...], Names] = {}

    def of(self, names: tuple[str, ...]) -> Names:
        table = self._tables.get(names)
        if table is None:
            table = self._tables[names] = Names(names)
        return table
