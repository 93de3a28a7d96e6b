"""Points as columns, in memory and packed in a chunk.

chunk := at [N] float64 · step [N] int64 · value [N] float64, little-endian
"""

from __future__ import annotations

import operator
import struct
import sys
from array import array
from dataclasses import dataclass, field
from itertools import compress, islice
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Point = tuple[str, float, int | None, float]
"""(series name, epoch seconds, step, value)"""

Axis = Literal["at", "step"]

NO_STEP = -(2**63)
"""The step of a point without a step."""

_Number = TypeVar("_Number", int, float)

_ONE = struct.Struct("<dqd")


@dataclass(frozen=True, slots=True)
class Points:
    """N points as columns. at: epoch seconds. step: NO_STEP without a step."""

    at: array[float] = field(default_factory=lambda: array("d"))
    step: array[int] = field(default_factory=lambda: array("q"))
    value: array[float] = field(default_factory=lambda: array("d"))

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, part: slice) -> Points:
        return Points(self.at[part], self.step[part], self.value[part])

    def add(self, at: float, step: int | None, value: float) -> None:
        """Appends a point. Raises OverflowError for a step of more than 64 bits."""
        self.step.append(NO_STEP if step is None else step)
        self.at.append(at)
        self.value.append(value)

    def extend(self, other: Points) -> None:
        self.at.extend(other.at)
        self.step.extend(other.step)
        self.value.extend(other.value)

    def axis(self, x: Axis) -> array[float] | array[int]:
        return self.at if x == "at" else self.step

    def pick(self, indexes: Iterable[int]) -> Points:
        chosen = list(indexes)
        return Points(
            array("d", [self.at[index] for index in chosen]),
            array("q", [self.step[index] for index in chosen]),
            array("d", [self.value[index] for index in chosen]),
        )

    def between(self, x: Axis, start: float | None, end: float | None) -> Points:
        """Returns the points with start <= x <= end. The axis of steps has no points without a step."""
        low = -float("inf") if start is None else start
        high = float("inf") if end is None else end
        inside = [low <= place <= high and (x == "at" or place != NO_STEP) for place in self.axis(x)]
        return Points(
            array("d", compress(self.at, inside)),
            array("q", compress(self.step, inside)),
            array("d", compress(self.value, inside)),
        )

    def ordered(self, x: Axis) -> Points:
        """Returns the points by x, then by arrival."""
        places = self.axis(x)
        if all(map(operator.le, places, islice(places, 1, None))):
            return self
        return self.pick(sorted(range(len(self)), key=places.__getitem__))


def pack(points: Points) -> bytes:
    at, step, value = points.at, points.step, points.value
    return _little_endian(at).tobytes() + _little_endian(step).tobytes() + _little_endian(value).tobytes()


def unpack_into(points: Points, packed: bytes) -> None:
    """Appends the points of a packed chunk."""
    size = len(packed) // 3
    view = memoryview(packed)
    _read_column(points.at, view[:size])
    _read_column(points.step, view[size : 2 * size])
    _read_column(points.value, view[2 * size :])


def unpack(packed: bytes) -> Points:
    points = Points()
    unpack_into(points, packed)
    return points


def pack_one(points: Points, index: int) -> bytes:
    return _ONE.pack(points.at[index], points.step[index], points.value[index])


def unpack_one(packed: bytes) -> tuple[float, int, float]:
    """Returns (at, step, value)."""
    at, step, value = _ONE.unpack(packed)
    return at, step, value


def _read_column(column: array[_Number], packed: memoryview) -> None:
    if sys.byteorder == "little":
        column.frombytes(packed)
        return
    read = column[:0]
    read.frombytes(packed)
    column.extend(_little_endian(read))


def _little_endian(column: array[_Number]) -> array[_Number]:
    if sys.byteorder == "little":
        return column
    swapped = column[:]
    swapped.byteswap()
    return swapped
