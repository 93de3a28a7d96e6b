"""Which tensors of a trial make the picture of its network, in what order, and how each is drawn."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..tensors.modes import Mode, as_mode
from . import finding, names
from .blocks import Block, blocks
from .errors import NothingToDraw
from .tiles import Kind, Tiles, tiles_of
from .ways import ways

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tensors.modes import ModeLike
    from ..trial import Trial

    Patterns = list[re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One tensor as it is drawn. module: the class of what it came out of, where known.

    offset: where its values begin in a frame, counted in values. batch_axis: the axis of the saved tensor
    that counts samples; None when it has none.
    """

    name: str
    title: str
    module: str
    tiles: Tiles
    offset: int
    batch_axis: int | None

    @property
    def kind(self) -> Kind:
        return self.tiles.kind


@dataclass(frozen=True, slots=True)
class Moment:
    """A saved step: ``step`` counts over all modes, ``mode_step`` within ``mode``."""

    step: int
    mode: str
    mode_step: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The network in forward order. With ``has_input`` the first layer is what goes into it.

    step: where order and shapes were taken from. samples: in its batch. prediction: the tensor whose largest
    value is the predicted class. classes: their names, as far as they are known. binary: what a single
    score is: ``logit``, ``probability``, or empty for a value. ways: (from, to) of layers, see ``ways``.
    blocks: into which a deep network folds.
    """

    title: str
    layers: tuple[Layer, ...]
    moments: tuple[Moment, ...]
    step: int
    samples: int
    worker: str | None
    channels_last: bool
    has_input: bool
    prediction: str | None
    label: str | None
    classes: tuple[str, ...]
    binary: str = ""
    ways: tuple[tuple[int, int], ...] = ()
    blocks: tuple[Block, ...] = ()

    @property
    def size(self) -> int:
        """Values in a frame."""
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
    """The picture of the network that a trial has seen.

    regex: which activations are drawn, one or more, searched for anywhere in the name. step: the one that
    order and shapes are taken from, counted over all modes; by default the last. image, prediction, label:
    names of the tensors that go in, that come out and that hold the true classes, where they are not found
    by themselves. channels_last: whether feature maps are [N, H, W, C]; by default as the framework does.
    Raises NothingToDraw, and StepUnavailable or NoSuchWorker of the trial.
    """
    patterns = [re.compile(each) for each in ([regex] if isinstance(regex, str) else regex)]
    moments = _moments(trial, patterns, mode, worker)
    at = _chosen(step, moments)
    tensors = trial.step(at).tensors(worker)
    order = tensors.in_order()
    named = [name for name in (image, prediction, label) if name is not None]
    arrays = tensors.load([*names.inputs(order), *names.activations(order), *names.labels(order), *named])
    for name in named:
        if name not in arrays:
            raise NothingToDraw(f"{name} was not saved at step {at}; saved are {_some(order)}")
    asked = [name for name in names.activations(arrays) if any(each.search(name) for each in patterns)]
    entry = image or finding.network_input(arrays)
    drawn = [name for name in finding.without_copies(arrays, asked) if name != entry]
    if not drawn:
        raise NothingToDraw(f"no activation of step {at} that is asked for holds numbers")
    samples = finding.batch_size(arrays, entry, drawn)
    last = _channels_last(trial) if channels_last is None else channels_last
    layers = _layers(arrays, entry, drawn, samples, last, trial.module_classes())
    drawn_names = [layer.name for layer in layers]
    return Picture(
        title=title or _job_of(trial),
        layers=tuple(layers),
        moments=tuple(moments),
        step=at,
        samples=samples,
        worker=worker,
        channels_last=last,
        has_input=entry is not None,
        prediction=prediction or _scores(arrays),
        label=label or next(iter(names.labels(arrays)), None),
        classes=tuple(classes),
        binary=names.binary(order),
        ways=ways(arrays, drawn_names),
        blocks=blocks(drawn_names),
    )


def _job_of(trial: Trial) -> str:
    """A job's tensors lie in ``<job>/debug-output``: its own name is the one that says something."""
    *above, last = trial.path.rstrip("/").split("/")
    return above[-1] if last == "debug-output" and above and above[-1] else trial.name


def _moments(trial: Trial, patterns: Patterns, mode: ModeLike, worker: str | None) -> list[Moment]:
    """Complete steps at which an activation that is asked for was saved."""
    wanted = as_mode(mode)
    found = []
    for number in trial.steps():
        step = trial.step(number)
        if wanted not in (Mode.GLOBAL, step.mode) or (worker is not None and worker not in step.by_worker):
            continue
        saved = names.activations(step.tensors(worker).in_order())
        if any(each.search(name) for name in saved for each in patterns):
            found.append(Moment(number, step.mode.name, step.mode_step))
    if found:
        return found
    there = names.activations(trial.tensor_names())
    if there:
        raise NothingToDraw(f"no complete step has an activation that is asked for; saved are {_some(there)}")
    raise NothingToDraw(
        "no outputs of layers were saved; give the job a collection with include_regex 'output|input' "
        "(CollectionConfig('layers', {'include_regex': 'output|input'})) and run it again"
    )


def _chosen(step: int | None, moments: list[Moment]) -> int:
    if step is None:
        return moments[-1].step
    if step not in {moment.step for moment in moments}:
        there = _some([str(moment.step) for moment in moments])
        raise NothingToDraw(f"step {step} has no activation that is asked for; steps that have: {there}")
    return step


def _channels_last(trial: Trial) -> bool:
    """Keras has its channels last, and only its trials have these collections."""
    return {"layers", "sm_metrics"} <= set(trial.collections)


def _scores(arrays: dict[str, Any]) -> str | None:
    """The network's last output, where it is a row of numbers for each sample: drawn or not."""
    outputs = finding.without_copies(arrays, names.activations(arrays))
    return outputs[-1] if arrays[outputs[-1]].ndim == 2 else None


def _layers(
    arrays: dict[str, Any],
    entry: str | None,
    drawn: Sequence[str],
    samples: int,
    channels_last: bool,
    modules: dict[str, str],
) -> list[Layer]:
    calls = Counter(names.layer_of(name) for name in drawn)
    found: list[Layer] = []
    offset = 0
    for name in [*([entry] if entry else []), *drawn]:
        shape = arrays[name].shape
        axis = finding.batch_axis(shape, samples)
        of_sample = [size for at, size in enumerate(shape) if at != axis]
        tiles = tiles_of(of_sample, channels_last=channels_last, as_input=name == entry)
        module = "" if name == entry else modules.get(names.layer_of(name), "")
        text = "input" if name == entry else names.title(name, module, calls)
        found.append(Layer(name, text, module, tiles, offset, axis))
        offset += tiles.size
    return found


def _some(found: Sequence[str]) -> str:
    return ", ".join(found) if len(found) <= 6 else "{}, ... {}".format(", ".join(found[:5]), found[-1])
