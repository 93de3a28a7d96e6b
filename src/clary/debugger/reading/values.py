"""The values of one tensor at one step as a picture: a matrix of at most some hundred rows and columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .series import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.debugger.trial import SavedTensor

Document = dict[str, Any]

MOST_SIDE = 256
LONG = 64
"""A vector with more values is folded into lines."""


class BadSlice(ValueError):
    """A part that the tensor does not have. The message says what it has."""


def values(
    saved: SavedTensor,
    *,
    index: Sequence[int],
    rows: tuple[int, int] | None,
    columns: tuple[int, int] | None,
    most: int,
    reduce: str,
) -> Document:
    """index: a place on each axis before the last two; empty: the first axis by all others.

    rows, columns: a part of the matrix, [from, to). most: rows and columns drawn. reduce: ``mean``, or
    ``max`` for the value of largest size, of the block that is drawn as one.
    """
    array = saved.value()
    if array.dtype.kind not in "fiubc":
        raise BadSlice(f"{saved.name} holds texts, which have no heat map")
    matrix, is_folded = _matrix(array, index)
    rows = _part("Rows", rows, matrix.shape[0])
    columns = _part("Columns", columns, matrix.shape[1])
    part = matrix[rows[0] : rows[1], columns[0] : columns[1]]
    drawn, high_by, wide_by = _reduced(part, most, reduce)
    finite = drawn[np.isfinite(drawn)]
    return {
        "Shape": list(array.shape),
        "Matrix": list(matrix.shape),
        "IsFolded": is_folded,
        "Rows": list(rows),
        "Columns": list(columns),
        "BlockRows": high_by,
        "BlockColumns": wide_by,
        "Values": [[number(float(f"{value:.5g}")) for value in row] for row in drawn.tolist()],
        "Low": number(float(finite.min())) if finite.size else None,
        "High": number(float(finite.max())) if finite.size else None,
    }


def _matrix(array: Any, index: Sequence[int]) -> tuple[Any, bool]:
    """(matrix, whether a vector was folded into its lines)."""
    if array.ndim == 0:
        return array.reshape(1, 1), False
    if array.ndim == 1:
        if array.size <= LONG:
            return array.reshape(1, -1), False
        width = min(math.isqrt(array.size - 1) + 1, MOST_SIDE)
        missing = -array.size % width
        padded = np.concatenate((array.astype(np.float64), np.full(missing, np.nan)))
        return padded.reshape(-1, width), True
    if array.ndim == 2:
        return array, False
    if not index:
        return array.reshape(array.shape[0], -1) if array.size else array.reshape(0, 0), False
    if len(index) != array.ndim - 2 or any(
        not 0 <= place < size for place, size in zip(index, array.shape, strict=False)
    ):
        raise BadSlice(
            f"Index has to name a place on each of the first {array.ndim - 2} axes of {list(array.shape)}"
        )
    return array[tuple(index)], False


def _part(member: str, part: tuple[int, int] | None, size: int) -> tuple[int, int]:
    if part is None:
        return 0, size
    start, end = part
    if not 0 <= start < end <= size:
        raise BadSlice(f"{member} has to be a part of [0, {size}]")
    return start, end


def _reduced(part: Any, most: int, reduce: str) -> tuple[Any, int, int]:
    """(values, rows and columns of a block)."""
    if not part.size:
        return np.zeros((0, 0)), 1, 1
    high_by, wide_by = (max(1, -(-size // most)) for size in part.shape)
    # By rows, so that no copy of the whole tensor is made.
    lines = [
        _line(part[start : start + high_by], wide_by, reduce) for start in range(0, part.shape[0], high_by)
    ]
    return np.stack(lines), high_by, wide_by


def _line(block: Any, wide_by: int, reduce: str) -> Any:
    block = (np.abs(block) if block.dtype.kind == "c" else block).astype(np.float64)
    starts = np.arange(0, block.shape[1], wide_by)
    with np.errstate(all="ignore"):
        if reduce == "mean":
            sizes = np.diff(np.append(starts, block.shape[1])) * block.shape[0]
            return np.add.reduceat(block.sum(axis=0), starts) / sizes
        highest = np.maximum.reduceat(block.max(axis=0), starts)
        lowest = np.minimum.reduceat(block.min(axis=0), starts)
        return np.where(-lowest > highest, lowest, highest)
