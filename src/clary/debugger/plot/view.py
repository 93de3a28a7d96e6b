"""``tensor_plot``: the picture of a network for somebody who looks at it."""

from __future__ import annotations

import base64
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .frame import Frames
from .page import page, spread
from .picture import network_picture
from .still import still

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from ..tensors.modes import ModeLike
    from ..trial import Trial
    from .picture import Picture

HEIGHT_PX = 600


def tensor_plot(
    trial: Trial,
    regex: str | Sequence[str] = ".*",
    step: int | None = None,
    *,
    sample: int = 0,
    mode: ModeLike = None,
    worker: str | None = None,
    image: str | None = None,
    prediction: str | None = None,
    label: str | None = None,
    classes: Sequence[str] = (),
    channels_last: bool | None = None,
    title: str | None = None,
    height_px: int = HEIGHT_PX,
) -> TensorPlot:
    """The network of a trial in three dimensions, to turn, to step through and to ask for values.

    regex: which activations are drawn, one or more, searched for anywhere in the name. step: shown first,
    counted over all modes; by default the last. sample: of the batch, shown first. mode: only its steps.
    image, prediction, label: names of the tensors that go in, come out and hold the true classes, where
    they are not found by themselves. classes: what to call classes 0, 1, ... channels_last: whether feature
    maps are [N, H, W, C]; by default as the framework of the trial does. Raises NothingToDraw.
    """
    picture = network_picture(
        trial,
        regex,
        step,
        mode=mode,
        worker=worker,
        image=image,
        prediction=prediction,
        label=label,
        classes=classes,
        channels_last=channels_last,
        title=title,
    )
    if not 0 <= sample < picture.samples:
        raise IndexError(f"sample is {sample}; the batch has samples 0 to {picture.samples - 1}")
    return TensorPlot(picture, Frames(trial, picture), sample=sample, height_px=height_px)


class TensorPlot:
    """Shows itself at the end of a notebook's cell (``pip install clary[notebook]``), or becomes a page."""

    def __init__(
        self, picture: Picture, frames: Frames, *, sample: int = 0, height_px: int = HEIGHT_PX
    ) -> None:
        self.picture = picture
        self.sample = sample
        self._frames = frames
        self._height_px = height_px

    def frame(self, step: int, sample: int | None = None) -> bytes:
        """The values of a step, as ``frame`` lays them out."""
        return self._frames.frame(step, self.sample if sample is None else sample)

    @cached_property
    def widget(self) -> Any:
        """The notebook's widget, one however often it is shown. Raises NoNotebook."""
        from .widget import network_widget

        return network_widget(self.picture, self._frames, sample=self.sample, height_px=self._height_px)

    def save_html(
        self,
        path: str | os.PathLike[str],
        *,
        steps: Iterable[int] | None = None,
        samples: Iterable[int] | None = None,
    ) -> Path:
        """Writes one page that a browser opens without a server or a network; returns its path.

        steps: those the page can show, by default all. samples: by default the one shown first, and of the
        others as many as keep the page small. Raises TooLarge, naming what to leave out.
        """
        choice = spread(self.picture, self.sample, steps, samples)
        target = Path(path)
        target.write_text(page(self.picture, self._frames, choice), encoding="utf-8")
        return target

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget, and a PNG for a saved notebook that is read where no kernel runs."""
        bundle = self.widget._repr_mimebundle_(**options)
        try:
            image = still(self.picture, self.frame(self.picture.step))
        except Exception:
            # Without Pillow, or without the values: the widget itself says what is missing.
            return bundle
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        if not data:
            return bundle
        return {**data, "image/png": base64.b64encode(image).decode()}, metadata

    def __repr__(self) -> str:
        picture, moments = self.picture, self.picture.moments
        return (
            f"<TensorPlot {picture.title}: {len(picture.layers)} layers, {picture.size:,} values, "
            f"{len(moments)} steps, {moments[0].step} to {moments[-1].step}>"
        )
