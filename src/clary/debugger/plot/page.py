"""Writes the picture as one self-contained HTML page, with the drawing code and the frames of some steps."""

from __future__ import annotations

import base64
import html
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .document import document
from .errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .frame import Frames
    from .picture import Picture, PictureStep

HERE = Path(__file__).parent / "drawing"
DEFAULT_BYTES = 32 << 20  # of values before compression; by default, samples are added up to this size
MAX_BYTES = 400 << 20  # of values before compression; the page has about 150 MB, and browsers become slow


@dataclass(frozen=True, slots=True)
class PageContent:
    """The steps and samples in a page. sample: the one that is shown first."""

    steps: tuple[PictureStep, ...]
    samples: tuple[int, ...]
    sample: int


def page_content(
    picture: Picture, sample: int, steps: Iterable[int] | None, samples: Iterable[int] | None
) -> PageContent:
    """Selects the steps and samples for a page.

    steps: by default all. samples: by default ``sample`` and as many others as fit in DEFAULT_BYTES.
    Raises TooLarge, and ValueError for steps or samples that do not exist.
    """
    wanted = None if steps is None else set(steps)
    selected = tuple(step for step in picture.steps if wanted is None or step.step in wanted)
    missing = (wanted or set()) - {step.step for step in selected}
    if missing or not selected:
        raise ValueError(f"steps {sorted(missing)} have nothing to draw")
    each = len(selected) * picture.size * 2
    if samples is not None:
        chosen = tuple(dict.fromkeys(samples))
        beyond = [number for number in chosen if not 0 <= number < picture.samples]
        if beyond or not chosen:
            raise ValueError(f"samples {beyond} are not in the batch, which has 0 to {picture.samples - 1}")
    else:
        others = [number for number in range(picture.samples) if number != sample]
        more = max(0, DEFAULT_BYTES // max(each, 1) - 1)
        chosen = tuple(sorted([sample, *others[:more]]))
    size_mb, max_mb = each * len(chosen) >> 20, MAX_BYTES >> 20
    if size_mb > max_mb:
        raise TooLarge(
            f"{len(selected)} steps of {len(chosen)} samples are {size_mb} MB of values; {max_mb} MB fit in "
            "a page. Name fewer with save_html(path, steps=[...], samples=[...]), or draw fewer layers with "
            "tensor_plot(trial, regex=...)"
        )
    return PageContent(selected, chosen, sample if sample in chosen else chosen[0])


def page(picture: Picture, frames: Frames, content: PageContent) -> str:
    """The whole HTML document. Raises StepUnavailable, NotSaved, CorruptFile of the trial."""
    shown = document(picture, sample=content.sample, samples=content.samples, steps=content.steps)
    if picture.step not in {step.step for step in content.steps}:
        shown["step"] = content.steps[-1].step
    packed = (
        f'<script type="text/plain" data-step="{step.step}" data-sample="{sample}">'
        f"{base64.b64encode(zlib.compress(frames.frame(step.step, sample), 6)).decode()}</script>"
        for step in content.steps
        for sample in content.samples
    )
    parts = {
        "TITLE": html.escape(picture.title),
        "PICTURE": json.dumps(shown).replace("<", "\\u003c"),
        "FRAMES": "\n".join(packed),
        # The first </script ends the script element, even inside a string.
        "DRAWING": (HERE / "network-view.js").read_text(encoding="utf-8").replace("</script", "<\\/script"),
    }
    text = (HERE / "page.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        before, _, after = text.partition(f"{{{{{name}}}}}")
        text = before + part + after
    return text
