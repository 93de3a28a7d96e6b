"""How much memory a candidate of a table needs, in MiB."""

from __future__ import annotations

from typing import Any

from .columns import TEXT
from .metrics import REGRESSION
from .schema import Schema

BASE_MIB = 1024
"""Python with the engine and its libraries, 250 MiB, and room for what is not foreseen below."""
COPIES = 20
"""Of the typed table: folds, and what each library makes of it."""
_CELL_BYTES = 8
_TEXT_CELL_BYTES = 2048
"""A text becomes counts of words."""
_TREES, _MOST_LEAVES, _NODE_BYTES = 300, 15_000, 72
_FORESTS = 2
"""An ensemble has both of them in memory."""


def memory_mib(schema: Schema, table: Any) -> int:
    """Returns an upper estimate for the ensemble, which needs most. table: all rows, as texts."""
    rows = len(table)
    cells = sum(_TEXT_CELL_BYTES if each.kind == TEXT else _CELL_BYTES * COPIES for each in schema.features)
    outputs = 1 if schema.problem_type == REGRESSION else len(schema.classes)
    nodes = 2 * min(rows, _MOST_LEAVES)
    forests = _FORESTS * _TREES * nodes * (_NODE_BYTES + 8 * outputs)
    texts = table.memory_usage(index=False, deep=True).sum()
    return BASE_MIB + int(rows * cells + forests + 2 * texts >> 20)
