"""The network as a picture, and its frames, for the view that Studio and notebooks share."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.debugger.plot import Frames, NothingToDraw, network_picture
from clary.debugger.plot.document import document
from clary.debugger.plot.frame import MEAN
from clary.debugger.plot.picture import picture_steps

from .thinning import thinned

if TYPE_CHECKING:
    from clary.debugger.plot import Picture

    from .shelf import ReadTrial

Document = dict[str, Any]

MOST_LAYERS = 2_000
MOST_STEPS = 1_000
MOST_SAMPLES = 512
PICTURES = 4
FRAME_BYTES = 32 << 20


def picture(
    found: ReadTrial, *, job: str, contains: str, mode: str, worker: str, basis: int | None
) -> Document:
    """contains: only layers with this text in their names. basis: the step that gives order and shapes.

    Where there is no such layer, or no outputs of layers were saved, ``Nothing`` says so in the place of
    ``Picture``: that is a state of the job, and no error. Raises errors of the trial.
    """
    patterns = [re.compile(_expression(contains))]
    try:
        drawn = _drawn(found, job, contains, mode, worker, basis)[0]
        steps = picture_steps(found.trial, patterns, mode or None, worker or None)
    except NothingToDraw as error:
        return {"Nothing": str(error)[:1_000], "Ended": found.trial.ended}
    now = replace(drawn, steps=tuple(thinned(steps, MOST_STEPS)))
    samples = [MEAN, *range(min(drawn.samples, MOST_SAMPLES))] if drawn.samples > 1 else [0]
    return {
        "Picture": {**document(now, sample=0, samples=samples), "step": now.steps[-1].step},
        "Basis": drawn.step,
        "Ended": found.trial.ended,
    }


def frame(
    found: ReadTrial, *, job: str, contains: str, mode: str, worker: str, basis: int, step: int, sample: int
) -> bytes:
    """The values of a step. Raises errors of the trial."""
    return _drawn(found, job, contains, mode, worker, basis)[1].frame(step, sample)


def _drawn(
    found: ReadTrial, job: str, contains: str, mode: str, worker: str, basis: int | None
) -> tuple[Picture, Frames]:
    key = (contains, mode, worker, basis)
    kept: tuple[Picture, Frames] | None = found.pictures.pop(key, None)
    if kept is None:
        drawn = network_picture(
            found.trial, _expression(contains), basis, mode=mode or None, worker=worker or None, title=job
        )
        kept = drawn, Frames(found.trial, drawn, cache_bytes=FRAME_BYTES)
        found.pictures[contains, mode, worker, drawn.step] = kept
    # The next question without a basis gets the same picture, with more steps.
    found.pictures[key] = kept
    while len(found.pictures) > 2 * PICTURES:
        found.pictures.popitem(last=False)
    return kept


def _expression(contains: str) -> str:
    return "(?i)" + re.escape(contains)
