"""The values of one step and one sample, as they travel to whoever draws.

    u32   length of the head, little-endian
    head  JSON, padded with spaces so that the values begin at a multiple of 4
    u16   values of all layers in their order, as half floats: 0xFFFF is a value that was not saved,
          0x7E00 one that is not a number

The head: step, sample, samples (in the batch of that step); place: where in that batch the sample lies; same:
whether it is the one that ``sample`` is at the picture's own step (false: it is not in this batch; null: the
network's input was not saved, so that nobody can tell); of each layer scales (the value at which colours are
full), lows, highs and odd (how many of its values are no finite numbers); predicted, label, and top
([class, probability] of the best).
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from .answer import answer
from .tiles import place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..trial import Trial
    from .picture import Layer, Picture

ABSENT = 0xFFFF
NOT_A_NUMBER = 0x7E00
LARGEST = 65504.0  # of a half float
FULL_COLOUR_AT = 0.995  # of a layer's values: a few wild ones must not make all others pale
CACHE_BYTES = 128 << 20


class Frames:
    """Reads a step when it is asked for, and keeps the last ones. For one thread at a time, as a trial is."""

    def __init__(self, trial: Trial, picture: Picture, *, cache_bytes: int = CACHE_BYTES) -> None:
        self._trial = trial
        self._picture = picture
        self._cache_bytes = cache_bytes
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._wanted: Any = None
        """What goes into the network at the picture's own step, where it has been asked for."""

    def frame(self, step: int, sample: int = 0) -> bytes:
        """Of a sample beyond the batch, the last one's. Raises StepUnavailable, NotSaved, CorruptFile."""
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
        sample = max(0, min(sample, samples - 1))
        place, same = self._find(arrays, step, sample)
        values = np.full(picture.size, ABSENT, np.uint16)
        scales, lows, highs, odd = [], [], [], []
        for layer in picture.layers:
            drawn = _drawn(arrays.get(layer.name), layer, place, channels_last=picture.channels_last)
            low, high, scale = _range(drawn)
            scales.append(scale)
            lows.append(low)
            highs.append(high)
            odd.append(int(np.count_nonzero(drawn[1] & ~np.isfinite(drawn[0]))))
            values[layer.offset : layer.offset + layer.tiles.size] = _halves(drawn)
        head = {
            "step": step,
            "sample": sample,
            "samples": samples,
            "place": place,
            "same": same,
            "scales": scales,
            "lows": lows,
            "highs": highs,
            "odd": odd,
            **answer(
                _of_sample(arrays.get(picture.prediction or ""), place),
                _of_sample(arrays.get(picture.label or ""), place),
                picture.classes,
                binary=picture.binary,
            ),
        }
        text = json.dumps(head, allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        return len(text).to_bytes(4, "little") + text + values.astype("<u2", copy=False).tobytes()

    def _find(self, arrays: dict[str, Any], step: int, sample: int) -> tuple[int, bool | None]:
        """Where the sample lies in a step's batch, known by what goes into the network; and whether it does.

        Batches are shuffled: number 3 of one step is another image than number 3 of the next.
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
    """In the batch of this step, which may be smaller or larger than the picture's."""
    for layer in picture.layers:
        array = arrays.get(layer.name)
        if array is not None and layer.batch_axis is not None and array.ndim == len(layer.tiles.shape) + 1:
            return int(array.shape[layer.batch_axis])
    return picture.samples


def _drawn(array: Any, layer: Layer, sample: int, *, channels_last: bool) -> tuple[Any, Any]:
    """(values, which of them were saved), both flat."""
    tiles = layer.tiles
    values = np.zeros((tiles.count, tiles.height, tiles.width), np.float32)
    there = np.zeros(values.shape, bool)
    if array is not None and layer.batch_axis is not None and array.ndim > layer.batch_axis:
        along = array.shape[layer.batch_axis]
        one = np.take(array, min(sample, along - 1), axis=layer.batch_axis)
        if one.dtype.kind in "fiub":
            one = one.astype(np.float32)
            place(one, tiles, values, channels_last=channels_last)
            if one.shape == tiles.shape and tiles.kind != "folded":
                there[:] = True
            else:
                place(np.ones(one.shape, np.float32), tiles, there, channels_last=channels_last)
    return values.reshape(-1), there.reshape(-1)


def _range(drawn: tuple[NDArray[np.float32], NDArray[np.bool_]]) -> tuple[float, float, float]:
    """(lowest, highest, value of full colour); 0, 0 and 1 where nothing is a finite number."""
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
    held = np.where(finite, np.clip(values, -LARGEST, LARGEST), values)
    halves = held.astype(np.float16).view(np.uint16)
    halves[np.isnan(values)] = NOT_A_NUMBER
    halves[~there] = ABSENT
    return halves


def _of_sample(array: Any, sample: int) -> Any:
    if array is None or not array.ndim:
        return None
    return array[min(sample, array.shape[0] - 1)]
