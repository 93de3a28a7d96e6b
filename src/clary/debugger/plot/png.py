"""Draws the picture as a PNG, which a saved notebook shows without a kernel and without the drawing code."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from .frame import ABSENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .picture import Picture, PictureLayer

WIDTH_PX, TILE_PX, GAP_PX, NAME_PX, TITLE_PX = 1000, 96, 16, 16, 28
MAX_LAYERS = 60
PAPER, INK = (255, 255, 255), (40, 45, 55)
BELOW, MIDDLE, ABOVE = (33, 102, 172), (245, 245, 245), (214, 96, 24)


def picture_png(picture: Picture, frame: bytes) -> bytes:
    """The layers of one frame in rows, each with its name. frame: see ``frame``.

    Raises ImportError without Pillow.
    """
    from PIL import Image, ImageDraw, ImageFont

    length = int.from_bytes(frame[:4], "little")
    head, values = json.loads(frame[4 : 4 + length]), np.frombuffer(frame[4 + length :], "<u2")
    shown = _shown(picture)
    per_row = (WIDTH_PX - GAP_PX) // (TILE_PX + GAP_PX)
    rows = -(-len(shown) // per_row)
    height = TITLE_PX + GAP_PX + rows * (TILE_PX + NAME_PX + GAP_PX)
    image = Image.new("RGB", (WIDTH_PX, height), PAPER)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(11)
    pen.text((GAP_PX, 8), _caption(picture, head), fill=INK, font=ImageFont.load_default(14))
    names = {block.last: f"{block.name} ({block.last - block.first + 1} layers)" for block in picture.blocks}
    for at, (number, layer) in enumerate(shown):
        left = GAP_PX + at % per_row * (TILE_PX + GAP_PX)
        top = TITLE_PX + GAP_PX + at // per_row * (TILE_PX + NAME_PX + GAP_PX)
        if layer.kind == "image":
            pixels = _as_image(layer, values, head["lows"][number], head["highs"][number])
        else:
            pixels = _coloured(layer, values, head["scales"][number])
        tile = Image.fromarray(pixels).resize((TILE_PX, TILE_PX), Image.Resampling.NEAREST)
        image.paste(tile, (left, top))
        pen.text((left, top + TILE_PX + 2), names.get(number, layer.title)[-18:], fill=INK, font=font)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _shown(picture: Picture) -> list[tuple[int, PictureLayer]]:
    """(number, layer) of the drawn layers. Of each block only the last layer, as in the folded view."""
    inside = {at for block in picture.blocks for at in range(block.first, block.last)}
    return [(at, layer) for at, layer in enumerate(picture.layers) if at not in inside][:MAX_LAYERS]


def _caption(picture: Picture, head: dict[str, Any]) -> str:
    text = f"{picture.title}   step {head['step']}, sample {head['sample']}"
    return text if head["predicted"] is None else f"{text}   predicted {head['predicted']}"


def _as_image(layer: PictureLayer, halves: NDArray[np.uint16], low: float, high: float) -> NDArray[np.uint8]:
    """Pixels, [rows, columns, 3]: grey, or the first three planes as RGB."""
    tiles = layer.tiles
    raw = halves[layer.offset : layer.offset + tiles.size]
    planes = np.nan_to_num(raw.view(np.float16).astype(np.float32)).reshape(
        tiles.count, tiles.height, tiles.width
    )
    share = np.clip((planes - low) / ((high - low) or 1.0), 0, 1)
    colours = share[:3] if tiles.count >= 3 else np.repeat(share[:1], 3, axis=0)
    return (255 * np.moveaxis(colours, 0, -1)).astype(np.uint8)


def _coloured(layer: PictureLayer, halves: NDArray[np.uint16], scale: float) -> NDArray[np.uint8]:
    """Pixels, [rows, columns, 3]: the maps in a square grid; negative values blue, positive ones orange."""
    tiles = layer.tiles
    raw = halves[layer.offset : layer.offset + tiles.size]
    values = np.nan_to_num(raw.view(np.float16).astype(np.float32), posinf=scale, neginf=-scale)
    values[raw == ABSENT] = 0
    share = np.clip(values / (scale or 1.0), -1, 1).reshape(tiles.count, tiles.height, tiles.width)
    columns = int(np.ceil(np.sqrt(tiles.count * tiles.height / tiles.width))) or 1
    grid = np.zeros((-(-tiles.count // columns) * columns, tiles.height, tiles.width), np.float32)
    grid[: tiles.count] = share
    rows = grid.reshape(-1, columns, tiles.height, tiles.width).transpose(0, 2, 1, 3)
    flat = rows.reshape(-1, columns * tiles.width)[..., None]
    ends = np.where(flat < 0, np.array(BELOW), np.array(ABOVE))
    mixed: NDArray[np.uint8] = (ends * np.abs(flat) + np.array(MIDDLE) * (1 - np.abs(flat))).astype(np.uint8)
    return mixed
