"""Converts a picture to JSON for the drawing code.

studio/src/lib/network-view/source.ts declares the same structure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .picture import Picture, PictureLayer, PictureStep


def document(
    picture: Picture,
    *,
    sample: int,
    samples: Sequence[int] | None = None,
    steps: Sequence[PictureStep] | None = None,
) -> dict[str, Any]:
    """The picture as a JSON document.

    sample: the one that is shown first. samples, steps: those whose frames are available; by default all.
    """
    return {
        "title": picture.title,
        "layers": [_layer(layer) for layer in picture.layers],
        "steps": [
            {"step": step.step, "mode": step.mode, "mode_step": step.mode_step}
            for step in (picture.steps if steps is None else steps)
        ],
        "step": picture.step,
        "sample": sample,
        "samples": list(range(picture.samples)) if samples is None else list(samples),
        "size": picture.size,
        "input": picture.has_input,
        "prediction": picture.prediction,
        "classes": list(picture.classes),
        "connections": [list(connection) for connection in picture.connections],
        "blocks": [block._asdict() for block in picture.blocks],
    }


def _layer(layer: PictureLayer) -> dict[str, Any]:
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
