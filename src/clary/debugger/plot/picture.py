"""Decides which tensors of a trial are drawn as its network, in what order, and in what form."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..tensors.modes import Mode, as_mode
from . import names, network_tensors
from .blocks import Block, blocks
from .connections import connections
from .errors import NothingToDraw
from .tiles import Kind, Tiles, tiles_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tensors.modes import ModeLike
    from ..trial import Trial

    Patterns = list[re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class PictureLayer:
    """One tensor in the picture.

    module: the class of the module that gave it, if known. offset: the position of its first value in a
    frame. batch_axis: the axis of the samples in the saved tensor; None if it has none.
    """

    name: str
    title: str
    module: str
    tiles: Tiles
    offset: int
    batch_axis: int | None

    @property
    def kind(self) -> Kind:
        """How it is drawn."""
        return self.tiles.kind


@dataclass(frozen=True, slots=True)
class PictureStep:
    """A saved step: ``step`` counts over all modes, ``mode_step`` within ``mode``."""

    step: int
    mode: str
    mode_step: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The network in forward order.

    steps: the steps that have frames. step: the one that gives order and shapes. samples: the number in its
    batch. has_input: whether the first layer is the network's input. prediction: the tensor whose largest
    value is the predicted class. classes: names of classes 0, 1, ... binary: the meaning of a single score:
    ``logit``, ``probability``, or empty for a value. connections: (from, to) numbers of layers, see
    ``connections``. blocks: the parts that a deep network folds into.
    """

    title: str
    layers: tuple[PictureLayer, ...]
    steps: tuple[PictureStep, ...]
    step: int
    samples: int
    worker: str | None
    channels_last: bool
    has_input: bool
    prediction: str | None
    label: str | None
    classes: tuple[str, ...]
    binary: str = ""
    connections: tuple[tuple[int, int], ...] = ()
    blocks: tuple[Block, ...] = ()

    @property
    def size(self) -> int:
        """The number of values in a frame."""
        return sum(layer.tiles.size for layer in self.layers)


def network_picture(
    trial: Trial,
    regex: str | Sequence[str] = ".*",
    step: int | None = None,
    *,
    mode: ModeLike = None,
    worker: str | None = None,
    image: str | None = None,
    prediction: str | None = None,
    label: str | None = None,
    classes: Sequence[str] = (),
    channels_last: bool | None = None,
    title: str | None = None,
) -> Picture:
    """The picture of the network of a trial.

    regex: one or more; an activation is drawn if one of them matches anywhere in its name. step: the step
    that gives order and shapes, counted over all modes; by default the last. mode, worker: only steps of
    these. image, prediction, label: names of the network's input, of its output and of the labels, if they
    are not found automatically. channels_last: whether feature maps are [N, H, W, C]; by default as in the
    framework of the trial. Raises NothingToDraw, and StepUnavailable, NoSuchWorker or CorruptFile of the
    trial.
    """
    patterns = [re.compile(each) for each in ([regex] if isinstance(regex, str) else regex)]
    steps = picture_steps(trial, patterns, mode, worker)
    at = _selected(step, steps)
    tensors = trial.step(at).tensors(worker)
    order = tensors.in_order()
    named = [name for name in (image, prediction, label) if name is not None]
    arrays = tensors.load([*names.inputs(order), *names.activations(order), *names.labels(order), *named])
    for name in named:
        if name not in arrays:
            raise NothingToDraw(f"{name} was not saved at step {at}; saved are {_some(order)}")
    asked = [name for name in names.activations(arrays) if any(each.search(name) for each in patterns)]
    entry = image or network_tensors.network_input(arrays)
    drawn = [name for name in network_tensors.without_copies(arrays, asked) if name != entry]
    if not drawn:
        raise NothingToDraw(f"no matching activation of step {at} has numeric values")
    samples = network_tensors.batch_size(arrays, entry, drawn)
    last = _channels_last(trial) if channels_last is None else channels_last
    layers = _layers(arrays, entry, drawn, samples, last, trial.module_classes())
    drawn_names = [layer.name for layer in layers]
    return Picture(
        title=title or _job_of(trial),
        layers=tuple(layers),
        steps=tuple(steps),
        step=at,
        samples=samples,
        worker=worker,
        channels_last=last,
        has_input=entry is not None,
        prediction=prediction or _scores(arrays),
        label=label or next(iter(names.labels(arrays)), None),
        classes=tuple(classes),
        binary=names.binary(order),
        connections=connections(arrays, drawn_names),
        blocks=blocks(drawn_names),
    )


def _job_of(trial: Trial) -> str:
    """The title: the job's name if the path is ``<job>/debug-output``, else the last part of the path."""
    *above, last = trial.path.rstrip("/").split("/")
    return above[-1] if last == "debug-output" and above and above[-1] else trial.name


def picture_steps(
    trial: Trial, patterns: Patterns, mode: ModeLike = None, worker: str | None = None
) -> list[PictureStep]:
    """The complete steps that saved an activation which matches the patterns. Raises NothingToDraw."""
    wanted = as_mode(mode)
    found = []
    for number in trial.steps():
        step = trial.step(number)
        if wanted not in (Mode.GLOBAL, step.mode) or (worker is not None and worker not in step.by_worker):
            continue
        saved = names.activations(step.tensors(worker).in_order())
        if any(each.search(name) for name in saved for each in patterns):
            found.append(PictureStep(number, step.mode.name, step.mode_step))
    if found:
        return found
    there = names.activations(trial.tensor_names())
    if there:
        raise NothingToDraw(f"no complete step has a matching activation; saved are {_some(there)}")
    raise NothingToDraw(
        "no outputs of layers were saved; give the job a collection with include_regex 'output|input' "
        "(CollectionConfig('layers', {'include_regex': 'output|input'})) and run it again"
    )


def _selected(step: int | None, steps: list[PictureStep]) -> int:
    if step is None:
        return steps[-1].step
    numbers = [each.step for each in steps]
    if step not in numbers:
        there = _some(list(map(str, numbers)))
        raise NothingToDraw(f"step {step} has no matching activation; these steps have one: {there}")
    return step


def _channels_last(trial: Trial) -> bool:
    """Whether the trial is one of Keras, which has its channels last: only Keras has these collections."""
    return {"layers", "sm_metrics"} <= set(trial.collections)


def _scores(arrays: dict[str, Any]) -> str | None:
    """The network's last output, if it has the shape [N, C], also if it is not drawn."""
    outputs = network_tensors.without_copies(arrays, names.activations(arrays))
    return outputs[-1] if arrays[outputs[-1]].ndim == 2 else None


def _layers(
    arrays: dict[str, Any],
    entry: str | None,
    drawn: Sequence[str],
    samples: int,
    channels_last: bool,
    modules: dict[str, str],
) -> list[PictureLayer]:
    calls = Counter(names.layer_of(name) for name in drawn)
    found: list[PictureLayer] = []
    offset = 0
    for name in [*([entry] if entry else []), *drawn]:
        shape = arrays[name].shape
        axis = network_tensors.batch_axis(shape, samples)
        of_sample = [size for at, size in enumerate(shape) if at != axis]
        tiles = tiles_of(of_sample, channels_last=channels_last, as_input=name == entry)
        module = "" if name == entry else modules.get(names.layer_of(name), "")
        text = "input" if name == entry else names.title(name, module, calls)
        found.append(PictureLayer(name, text, module, tiles, offset, axis))
        offset += tiles.size
    return found


def _some(found: Sequence[str]) -> str:
    return ", ".join(found) if len(found) <= 6 else "{}, ... {}".format(", ".join(found[:5]), found[-1])
