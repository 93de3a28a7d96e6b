"""A picture as JSON, for the code that draws it: studio/src/lib/network-view/source.ts has its shape too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .picture import Layer, Moment, Picture


def document(
    picture: Picture,
    *,
    sample: int,
    samples: Sequence[int] | None = None,
    moments: Sequence[Moment] | None = None,
) -> dict[str, Any]:
    """sample: shown first. samples, moments: those that frames can be had of; by default all."""
    return {
        "title": picture.title,
        "layers": [_layer(layer) for layer in picture.layers],
        "moments": [
            {"step": moment.step, "mode": moment.mode, "mode_step": moment.mode_step}
            for moment in (picture.moments if moments is None else moments)
        ],
        "step": picture.step,
        "sample": sample,
        "samples": list(range(picture.samples)) if samples is None else list(samples),
        "size": picture.size,
        "input": picture.has_input,
        "prediction": picture.prediction,
        "classes": list(picture.classes),
        "ways": [list(way) for way in picture.ways],
        "blocks": [block._asdict() for block in picture.blocks],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    tiles = layer.tiles
    return {
        "name": layer.name,
        "title": layer.title,
        "module": layer.module,
        "kind": tiles.kind,
        "count": tiles.count,
        "height": tiles.height,
        "width": tiles.width,
        "shape": list(tiles.shape),
        "reduced": tiles.reduced,
        "hidden": tiles.hidden,
        "offset": layer.offset,
    }
