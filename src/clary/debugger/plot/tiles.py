"""Computes how the values of one sample are drawn: as maps next to each other, or as a grid of units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Kind = Literal["image", "maps", "sequence", "units", "folded"]

MAX_VALUES = 2_000_000  # of one layer: 4 MB per step
MAX_UNITS = 16_384  # each is drawn as a cube; more units are drawn as pixels of a map
MIN_FOLDED = 64  # a flat input with a square number of values, from 8 x 8 on, counts as an image
PLANES = (1, 3, 4)
"""The numbers of channels that an image may have."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """``count`` maps of ``height`` x ``width`` values. A unit is a map with one value.

    kind: ``image`` (grey, RGB or RGBA planes), ``maps`` (feature maps), ``sequence`` (one map with the rows
    and columns of the tensor), ``units``, or ``folded`` (units in the rows of one map). shape: of one sample,
    without the batch axis. reduced: a drawn value is the mean of ``reduced`` x ``reduced`` saved ones.
    hidden: the number of maps or units that are not drawn.
    """

    kind: Kind
    count: int
    height: int
    width: int
    shape: tuple[int, ...]
    reduced: int = 1
    hidden: int = 0

    @property
    def size(self) -> int:
        """The number of drawn values."""
        return self.count * self.height * self.width


def tiles_of(shape: Sequence[int], *, channels_last: bool, as_input: bool = False) -> Tiles:
    """The tiles for one sample of a shape. as_input: it is the network's input, which may be an image."""
    whole = tuple(shape)
    if as_input:
        image = _image(whole, channels_last=channels_last)
        if image is not None:
            return image
    if sum(size != 1 for size in whole) <= 1:
        return _units(math.prod(whole), whole)
    if len(whole) == 2:
        return _fitting("sequence", 1, whole[0], whole[1], whole)
    if channels_last:
        return _fitting("maps", math.prod(whole[:-3]) * whole[-1], whole[-3], whole[-2], whole)
    return _fitting("maps", math.prod(whole[:-2]), whole[-2], whole[-1], whole)


def is_image(shape: Sequence[int]) -> bool:
    """Whether one sample of a shape looks like an image, with its channels first or last."""
    return len(shape) == 3 and (_are_planes(shape[0], shape[1:]) or _are_planes(shape[2], shape[:2]))


def write_tiles(sample: Any, tiles: Tiles, into: NDArray[Any], *, channels_last: bool) -> None:
    """Writes the values of one sample into its tiles. into: [count, height, width], any float type or bool.

    A sample may be smaller than ``tiles.shape``, for example a shorter sequence; then a part is written. A
    sample with another number of axes is not written.
    """
    if sample.ndim != len(tiles.shape):
        return
    if tiles.kind in ("units", "folded") or (tiles.kind == "image" and sample.ndim != 3):
        flat = sample.reshape(-1)[: tiles.size]
        into.reshape(-1)[: flat.size] = flat
        return
    maps = _reduced(_maps(sample, tiles, channels_last)[: tiles.count], tiles.reduced)
    maps = maps[:, : tiles.height, : tiles.width]
    into[: maps.shape[0], : maps.shape[1], : maps.shape[2]] = maps


def _maps(sample: Any, tiles: Tiles, channels_last: bool) -> Any:
    """The sample as [maps, rows, columns]."""
    if tiles.kind == "image":
        last = tiles.shape[2] == tiles.count and (tiles.height, tiles.width) == tiles.shape[:2]
    else:
        last = channels_last and tiles.kind == "maps"
    if last:
        moved = np.moveaxis(sample, -1, -3)
        return moved.reshape(-1, *moved.shape[-2:])
    return sample.reshape(-1, *sample.shape[-2:])


def _image(shape: tuple[int, ...], *, channels_last: bool) -> Tiles | None:
    if len(shape) == 3:
        first, last = _are_planes(shape[0], shape[1:]), _are_planes(shape[2], shape[:2])
        if last and (channels_last or not first):
            return _fitting("image", shape[2], shape[0], shape[1], shape)
        if first:
            return _fitting("image", shape[0], shape[1], shape[2], shape)
    count = math.prod(shape)
    side = math.isqrt(count)
    if max(shape, default=0) == count and MIN_FOLDED <= count == side * side <= MAX_VALUES:
        return Tiles("image", 1, side, side, shape)
    return None


def _are_planes(channels: int, sides: Sequence[int]) -> bool:
    return channels in PLANES and min(sides) >= 4


def _units(count: int, shape: tuple[int, ...]) -> Tiles:
    if count <= MAX_UNITS:
        return Tiles("units", count, 1, 1, shape)
    drawn = min(count, MAX_VALUES)
    width = math.isqrt(drawn - 1) + 1
    return Tiles("folded", 1, math.ceil(drawn / width), width, shape, hidden=count - drawn)


def _fitting(kind: Kind, count: int, height: int, width: int, shape: tuple[int, ...]) -> Tiles:
    """Tiles with at most MAX_VALUES values. Reduces maps to means of blocks first, then draws fewer maps."""
    reduced = 1
    while count * _blocks(height, reduced) * _blocks(width, reduced) > MAX_VALUES:
        if reduced >= max(height, width):
            break
        reduced += 1
    high, wide = _blocks(height, reduced), _blocks(width, reduced)
    drawn = max(1, min(count, MAX_VALUES // (high * wide)))
    return Tiles(kind, drawn, high, wide, shape, reduced, count - drawn)


def _blocks(size: int, by: int) -> int:
    return -(-size // by)


def _reduced(maps: Any, by: int) -> Any:
    """The means of blocks of ``by`` x ``by`` values. Blocks at the far edges may be smaller."""
    if by == 1:
        return maps
    rows = np.arange(0, maps.shape[1], by)
    columns = np.arange(0, maps.shape[2], by)
    sums = np.add.reduceat(np.add.reduceat(maps, rows, axis=1, dtype=np.float32), columns, axis=2)
    high = np.diff(np.append(rows, maps.shape[1]))
    wide = np.diff(np.append(columns, maps.shape[2]))
    return sums / (high[:, None] * wide).astype(np.float32)
