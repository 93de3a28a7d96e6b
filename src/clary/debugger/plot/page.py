"""The picture as one self-contained page: the drawing code and the values of some steps inside it."""

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
    from .picture import Moment, Picture

HERE = Path(__file__).parent / "drawing"
MANY_SAMPLES_BYTES = 32 << 20  # of values, before they are packed: more samples are added up to here
LARGEST_BYTES = 400 << 20  # of values; a page of some 150 MB is where browsers begin to struggle


@dataclass(frozen=True, slots=True)
class Choice:
    """What a page can show. sample: first."""

    moments: tuple[Moment, ...]
    samples: tuple[int, ...]
    sample: int


def spread(
    picture: Picture, sample: int, steps: Iterable[int] | None, samples: Iterable[int] | None
) -> Choice:
    """Which steps and samples go into a page. Raises TooLarge, ValueError for what is not there."""
    wanted = None if steps is None else set(steps)
    moments = tuple(moment for moment in picture.moments if wanted is None or moment.step in wanted)
    missing = (wanted or set()) - {moment.step for moment in moments}
    if missing or not moments:
        raise ValueError(f"steps {sorted(missing)} have nothing to draw")
    each = len(moments) * picture.size * 2
    if samples is not None:
        chosen = tuple(dict.fromkeys(samples))
        beyond = [number for number in chosen if not 0 <= number < picture.samples]
        if beyond or not chosen:
            raise ValueError(f"samples {beyond} are not in the batch, which has 0 to {picture.samples - 1}")
    else:
        others = [number for number in range(picture.samples) if number != sample]
        room = max(0, MANY_SAMPLES_BYTES // max(each, 1) - 1)
        chosen = tuple(sorted([sample, *others[:room]]))
    size_mb, most_mb = each * len(chosen) >> 20, LARGEST_BYTES >> 20
    if size_mb > most_mb:
        raise TooLarge(
            f"{len(moments)} steps of {len(chosen)} samples are {size_mb} MB of values; {most_mb} MB fit in "
            "a page. Name fewer with save_html(path, steps=[...], samples=[...]), or draw fewer layers with "
            "tensor_plot(trial, regex=...)"
        )
    return Choice(moments, chosen, sample if sample in chosen else chosen[0])


def page(picture: Picture, frames: Frames, choice: Choice) -> str:
    """The text of the page."""
    shown = document(picture, sample=choice.sample, samples=choice.samples, moments=choice.moments)
    if picture.step not in {moment.step for moment in choice.moments}:
        shown["step"] = choice.moments[-1].step
    packed = (
        f'<script type="text/plain" data-step="{moment.step}" data-sample="{sample}">'
        f"{base64.b64encode(zlib.compress(frames.frame(moment.step, sample), 6)).decode()}</script>"
        for moment in choice.moments
        for sample in choice.samples
    )
    parts = {
        "TITLE": html.escape(picture.title),
        "PICTURE": json.dumps(shown).replace("<", "\\u003c"),
        "FRAMES": "\n".join(packed),
        # A script ends at the first such tag, even inside a string of its own.
        "DRAWING": (HERE / "network-view.js").read_text(encoding="utf-8").replace("</script", "<\\/script"),
    }
    text = (HERE / "page.html").read_text(encoding="utf-8")
    for name, content in parts.items():
        before, _, after = text.partition(f"{{{{{name}}}}}")
        text = before + content + after
    return text
