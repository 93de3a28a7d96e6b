"""A frame: the values of one step and one sample, in the form in which the drawing code gets them.

    u32   length of the head, little-endian
    head  JSON, padded with spaces so that the values begin at a multiple of 4
    u16   values of all layers in order, as half floats: 0xFFFF is a value that was not saved, 0x7E00 is NaN

Fields of the head:

    step, sample          as asked for; the sample MEAN is the mean of the batch, which has no prediction
    samples               in the batch of this step
    batch_index           the index of the sample in this batch
    same                  whether it is the same sample as at the picture's own step; false: it is not in this
                          batch; null: unknown, because the network's input was not saved
    scales, lows, highs   of each layer: the value with full colour, the lowest and the highest value
    non_finite            of each layer: the number of values that are NaN or infinite
    predicted, label      see ``prediction``
    top                   [class, probability] of the best classes
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from .prediction import prediction_summary
from .tiles import write_tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..trial import Trial
    from .picture import Picture, PictureLayer

MEAN = -1
ABSENT = 0xFFFF
NOT_A_NUMBER = 0x7E00
MAX_HALF = 65504.0  # the largest half float
FULL_COLOUR_AT = 0.995  # the quantile with full colour: outliers must not make all other values pale
CACHE_BYTES = 128 << 20


class Frames:
    """Builds frames on request, and caches the last ones. Use it in one thread at a time, like a trial."""

    def __init__(self, trial: Trial, picture: Picture, *, cache_bytes: int = CACHE_BYTES) -> None:
        self._trial = trial
        self._picture = picture
        self._cache_bytes = cache_bytes
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._wanted: Any = None
        """The network's input at the picture's own step; None until it is needed."""

    def frame(self, step: int, sample: int = 0) -> bytes:
        """The frame of a step and a sample; of the last sample if ``sample`` is beyond the batch; or MEAN.

        Raises StepUnavailable, NotSaved, CorruptFile.
        """
        found = self._kept.pop((step, sample), None)
        if found is None:
            found = self._read(step, sample)
        self._kept[step, sample] = found
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > self._cache_bytes:
            self._kept.popitem(last=False)
        return found

    def _read(self, step: int, sample: int) -> bytes:
        picture = self._picture
        tensors = self._trial.step(step).tensors(picture.worker)
        wanted = dict.fromkeys(
            [*(layer.name for layer in picture.layers), picture.prediction or "", picture.label or ""]
        )
        arrays = tensors.load([name for name in wanted if name in tensors])
        samples = _samples(picture, arrays)
        if sample == MEAN:
            index, same = MEAN, None
        else:
            sample = max(0, min(sample, samples - 1))
            index, same = self._find(arrays, step, sample)
        values = np.full(picture.size, ABSENT, np.uint16)
        scales, lows, highs, non_finite = [], [], [], []
        for layer in picture.layers:
            drawn = _drawn(arrays.get(layer.name), layer, index, channels_last=picture.channels_last)
            low, high, scale = _range(drawn)
            scales.append(scale)
            lows.append(low)
            highs.append(high)
            non_finite.append(int(np.count_nonzero(drawn[1] & ~np.isfinite(drawn[0]))))
            values[layer.offset : layer.offset + layer.tiles.size] = _halves(drawn)
        head = {
            "step": step,
            "sample": sample,
            "samples": samples,
            "batch_index": index,
            "same": same,
            "scales": scales,
            "lows": lows,
            "highs": highs,
            "non_finite": non_finite,
            **prediction_summary(
                _of_sample(arrays.get(picture.prediction or ""), index),
                _of_sample(arrays.get(picture.label or ""), index),
                picture.classes,
                binary=picture.binary,
            ),
        }
        text = json.dumps(head, allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        return len(text).to_bytes(4, "little") + text + values.astype("<u2", copy=False).tobytes()

    def _find(self, arrays: dict[str, Any], step: int, sample: int) -> tuple[int, bool | None]:
        """The index of the sample in a step's batch, and the head's field ``same``.

        Batches are shuffled: sample 3 of one step is another image than sample 3 of the next. So the sample
        is found by its input values.
        """
        picture = self._picture
        if step == picture.step:
            return sample, True
        entry = picture.layers[0]
        batch = arrays.get(entry.name)
        if not picture.has_input or entry.batch_axis != 0 or batch is None or not batch.ndim:
            return sample, None
        if self._wanted is None:
            tensors = self._trial.step(picture.step).tensors(picture.worker)
            self._wanted = tensors.load([entry.name])[entry.name]
        if sample >= self._wanted.shape[0] or batch.shape[1:] != self._wanted.shape[1:]:
            return sample, False
        axes = tuple(range(1, batch.ndim))
        found = np.flatnonzero((batch == self._wanted[sample]).all(axis=axes))
        if not found.size:
            return sample, False
        return (sample if sample in found else int(found[0])), True


def _samples(picture: Picture, arrays: dict[str, Any]) -> int:
    """The number of samples in the batch of this step, which may differ from the picture's."""
    for layer in picture.layers:
        array = arrays.get(layer.name)
        if array is not None and layer.batch_axis is not None and array.ndim == len(layer.tiles.shape) + 1:
            return int(array.shape[layer.batch_axis])
    return picture.samples


def _drawn(array: Any, layer: PictureLayer, sample: int, *, channels_last: bool) -> tuple[Any, Any]:
    """(values, whether each was saved), both flat, for the tiles of a layer."""
    tiles = layer.tiles
    values = np.zeros((tiles.count, tiles.height, tiles.width), np.float32)
    there = np.zeros(values.shape, bool)
    if array is not None and layer.batch_axis is not None and array.ndim > layer.batch_axis:
        along = array.shape[layer.batch_axis]
        if array.dtype.kind in "fiub":
            if sample == MEAN:
                with np.errstate(all="ignore"):
                    one = array.mean(axis=layer.batch_axis, dtype=np.float32)
            else:
                one = np.take(array, min(sample, along - 1), axis=layer.batch_axis).astype(np.float32)
            write_tiles(one, tiles, values, channels_last=channels_last)
            if one.shape == tiles.shape and tiles.kind != "folded":
                there[:] = True
            else:
                write_tiles(np.ones(one.shape, np.float32), tiles, there, channels_last=channels_last)
    return values.reshape(-1), there.reshape(-1)


def _range(drawn: tuple[NDArray[np.float32], NDArray[np.bool_]]) -> tuple[float, float, float]:
    """(lowest value, highest value, value with full colour); 0, 0 and 1 without any finite value."""
    values, there = drawn
    seen = values[there & np.isfinite(values)]
    if not seen.size:
        return 0.0, 0.0, 1.0
    low, high = float(seen.min()), float(seen.max())
    sizes = np.sort(np.abs(seen if seen.size <= 65_536 else seen[:: seen.size // 65_536 + 1]))
    scale = float(sizes[min(int(sizes.size * FULL_COLOUR_AT), sizes.size - 1)])
    return low, high, scale or max(-low, high) or 1.0


def _halves(drawn: tuple[NDArray[np.float32], NDArray[np.bool_]]) -> NDArray[np.uint16]:
    values, there = drawn
    finite = np.isfinite(values)
    clipped = np.where(finite, np.clip(values, -MAX_HALF, MAX_HALF), values)
    halves = clipped.astype(np.float16).view(np.uint16)
    halves[np.isnan(values)] = NOT_A_NUMBER
    halves[~there] = ABSENT
    return halves


def _of_sample(array: Any, sample: int) -> Any:
    if array is None or not array.ndim or sample == MEAN:
        return None
    return array[min(sample, array.shape[0] - 1)]
