"""Finds input images that are not normalized."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..parameters import at_least
from ..rule import RuleContext, RuleWithMemory
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array, RuleStep, StepTensor

COLLECTION = "input_image"
DEFAULT_REGEX = (".*hybridsequential0_input_0",)
MIN_AXES = 3  # a batch of images with a channel axis


@dataclass(slots=True)
class ImagesSoFar:
    """By tensor: the number of images, the sum of each channel, and the number of values per channel."""

    images: dict[tuple[str, str], int] = field(default_factory=dict)
    sums: dict[tuple[str, str], Array] = field(default_factory=dict)
    values: dict[tuple[str, str], int] = field(default_factory=dict)

    def clear(self, key: tuple[str, str]) -> None:
        for sums in (self.images, self.sums, self.values):
            sums.pop(key, None)


@dataclass(frozen=True, slots=True)
class CheckInputImages(RuleWithMemory[ImagesSoFar]):
    """Evaluates the mean of each channel over every ``threshold_samples`` images.

    channel: the axis of the channels; by default 1, in Keras the last one.
    """

    threshold_mean: float = 0.2
    threshold_samples: int = 500
    regex: tuple[str, ...] = DEFAULT_REGEX
    channel: int | None = None

    default_collections: ClassVar[tuple[str, ...]] = ("input_image",)

    meaning: ClassVar[str] = (
        "The input images are not centred: their mean is far from zero, so the gradients of the first layer "
        "mostly have the same sign, and training is slower and less stable."
    )
    remedy: ClassVar[str] = (
        "Subtract the mean and divide by the standard deviation of the training set, channel by channel, and "
        "do the same for validation and inference."
    )

    def __post_init__(self) -> None:
        at_least("threshold_samples", self.threshold_samples, 1)
        at_least("threshold_mean", self.threshold_mean, 0)

    def memory(self, context: RuleContext) -> ImagesSoFar:
        return ImagesSoFar()

    def check(self, step: RuleStep, memory: ImagesSoFar) -> Iterator[Finding]:
        for tensor, images in _each_batch_once(step, self._selection()):
            axis = self._channel_axis(step, tensor, images)
            if images.ndim < MIN_AXES or not -images.ndim <= axis < images.ndim:
                continue
            _add(tensor.key, images, axis % images.ndim, memory)
            if memory.images[tensor.key] >= self.threshold_samples:
                means = memory.sums[tensor.key] / memory.values[tensor.key]
                seen = memory.images[tensor.key]
                memory.clear(tensor.key)
                worst = int(np.argmax(np.abs(means)))
                mean = float(means[worst])
                if abs(mean) > self.threshold_mean:
                    message = f"the mean of channel {worst} over {seen} images is {mean:.3g}"
                    yield Finding(step.number, tensor.name, mean, self.threshold_mean, message, tensor.worker)

    def _selection(self) -> Selection:
        if self.regex != DEFAULT_REGEX:
            return Selection(patterns=self.regex)
        return Selection((COLLECTION,), DEFAULT_REGEX, outermost=True)

    def _channel_axis(self, step: RuleStep, tensor: StepTensor, images: Array) -> int:
        if self.channel is not None:
            return self.channel
        return images.ndim - 1 if step.names.channels_last(tensor.name) else 1


def _each_batch_once(step: RuleStep, selection: Selection) -> Iterator[tuple[StepTensor, Array]]:
    """The selected tensors, without the model's input if the input of its first convolution is saved too.

    Both are the same batch under two names, or the model has normalized the batch in between.
    """
    found = list(step.arrays(selection))
    inside = {(t.worker, a.shape) for t, a in found if not step.names.is_model_input(t.name)}
    for tensor, images in found:
        if not step.names.is_model_input(tensor.name) or (tensor.worker, images.shape) not in inside:
            yield tensor, images


def _add(key: tuple[str, str], images: Array, channel: int, memory: ImagesSoFar) -> None:
    axes = tuple(axis for axis in range(images.ndim) if axis != channel)
    sums = images.sum(axis=axes, dtype=float)
    if key in memory.sums and memory.sums[key].shape != sums.shape:
        memory.clear(key)
    memory.images[key] = memory.images.get(key, 0) + images.shape[0]
    memory.sums[key] = memory.sums.get(key, 0.0) + sums
    memory.values[key] = memory.values.get(key, 0) + images.size // images.shape[channel]
