"""Images that were not normalized."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..parameters import at_least
from ..rule import RuleWithMemory, Surroundings
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array, Step

DEFAULT_REGEX = (".*hybridsequential0_input_0",)
LEAST_AXES = 3  # a batch of images with a channel axis


@dataclass(slots=True)
class ImagesSoFar:
    """Sums over images of each tensor: how many, per-channel sums, values per channel."""

    images: dict[tuple[str, str], int] = field(default_factory=dict)
    sums: dict[tuple[str, str], Array] = field(default_factory=dict)
    values: dict[tuple[str, str], int] = field(default_factory=dict)

    def forget(self, key: tuple[str, str]) -> None:
        for sums in (self.images, self.sums, self.values):
            sums.pop(key, None)


@dataclass(frozen=True, slots=True)
class CheckInputImages(RuleWithMemory[ImagesSoFar]):
    """Judges every ``threshold_samples`` images anew, each channel for itself."""

    threshold_mean: float = 0.2
    threshold_samples: int = 500
    regex: tuple[str, ...] = DEFAULT_REGEX
    channel: int = 1  # the axis of the channels

    meaning: ClassVar[str] = (
        "The input images are not centred: their mean is far from zero, which makes the first layer's "
        "gradients lopsided and training slower and less stable."
    )
    remedy: ClassVar[str] = (
        "Subtract the mean and divide by the standard deviation of the training set, channel by channel, and "
        "do the same for validation and inference."
    )

    def __post_init__(self) -> None:
        at_least("threshold_samples", self.threshold_samples, 1)
        at_least("threshold_mean", self.threshold_mean, 0)

    def memory(self, surroundings: Surroundings) -> ImagesSoFar:
        return ImagesSoFar()

    def check(self, step: Step, memory: ImagesSoFar) -> Iterator[Finding]:
        for tensor, images in step.arrays(self._selection()):
            if images.ndim < LEAST_AXES or not -images.ndim <= self.channel < images.ndim:
                continue
            self._add(tensor.key, images, memory)
            if memory.images[tensor.key] >= self.threshold_samples:
                means = memory.sums[tensor.key] / memory.values[tensor.key]
                seen = memory.images[tensor.key]
                memory.forget(tensor.key)
                worst = int(np.argmax(np.abs(means)))
                mean = float(means[worst])
                if abs(mean) > self.threshold_mean:
                    message = f"the mean of channel {worst} over {seen} images is {mean:.3g}"
                    yield Finding(step.number, tensor.name, mean, self.threshold_mean, message, tensor.worker)

    def _selection(self) -> Selection:
        return Selection(patterns=self.regex, top=self.regex == DEFAULT_REGEX)

    def _add(self, key: tuple[str, str], images: Array, memory: ImagesSoFar) -> None:
        channel = self.channel % images.ndim
        axes = tuple(axis for axis in range(images.ndim) if axis != channel)
        sums = images.sum(axis=axes, dtype=float)
        if key in memory.sums and memory.sums[key].shape != sums.shape:
            memory.forget(key)
        memory.images[key] = memory.images.get(key, 0) + images.shape[0]
        memory.sums[key] = memory.sums.get(key, 0.0) + sums
        memory.values[key] = memory.values.get(key, 0) + images.size // images.shape[channel]
