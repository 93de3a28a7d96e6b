"""``tensor_plot``: displays a network in a notebook, or saves it as a page."""

from __future__ import annotations

import base64
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .frame import Frames
from .page import page, page_content
from .picture import network_picture
from .png import picture_png

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
    """The network of a trial in three dimensions: it can be turned, and shows every saved step and value.

    regex: one or more; an activation is drawn if one of them matches anywhere in its name. step: the one that
    is shown first, counted over all modes; by default the last. sample: of the batch, shown first. mode,
    worker: only steps of these. image, prediction, label: names of the network's input, of its output and of
    the labels, if they are not found automatically. classes: names of classes 0, 1, ... channels_last:
    whether feature maps are [N, H, W, C]; by default as in the framework of the trial. title: by default the
    job's name. Raises NothingToDraw, IndexError for a sample beyond the batch, and errors of the trial.
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
    """A network that a notebook displays (``pip install clary[notebook]``), or that is saved as a page."""

    def __init__(
        self, picture: Picture, frames: Frames, *, sample: int = 0, height_px: int = HEIGHT_PX
    ) -> None:
        self.picture = picture
        self.sample = sample
        self._frames = frames
        self._height_px = height_px

    def frame(self, step: int, sample: int | None = None) -> bytes:
        """The values of a step, in the format of ``frame``. Raises StepUnavailable, NotSaved, CorruptFile."""
        return self._frames.frame(step, self.sample if sample is None else sample)

    @cached_property
    def widget(self) -> Any:
        """The notebook widget; the same object every time. Raises NoNotebook."""
        from .widget import network_widget

        return network_widget(self.picture, self._frames, sample=self.sample, height_px=self._height_px)

    def save_html(
        self,
        path: str | os.PathLike[str],
        *,
        steps: Iterable[int] | None = None,
        samples: Iterable[int] | None = None,
    ) -> Path:
        """Writes one page that a browser opens without a server or a network. Returns its path.

        steps: in the page; by default all. samples: by default the one shown first, and as many others as
        keep the page small. Raises TooLarge, which says what to leave out, ValueError for steps or samples
        that do not exist, and OSError.
        """
        content = page_content(self.picture, self.sample, steps, samples)
        target = Path(path)
        target.write_text(page(self.picture, self._frames, content), encoding="utf-8")
        return target

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget, and a PNG, which a saved notebook shows without a kernel."""
        bundle = self.widget._repr_mimebundle_(**options)
        try:
            image = picture_png(self.picture, self.frame(self.picture.step))
        except Exception:
            # Pillow or the values are missing. Return the widget only, which shows the reason.
            return bundle
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        if not data:
            return bundle
        return {**data, "image/png": base64.b64encode(image).decode()}, metadata

    def __repr__(self) -> str:
        picture, steps = self.picture, self.picture.steps
        return (
            f"<TensorPlot {picture.title}: {len(picture.layers)} layers, {picture.size:,} values, "
            f"{len(steps)} steps, {steps[0].step} to {steps[-1].step}>"
        )
