"""The marks of a drawing. Positions are in SVG user units, written with one decimal.

``written`` gives the fields of a mark for ``templates/figure.html``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text. anchor: the part of the text that is at x: ``start``, ``middle`` or ``end``."""

    x: float
    y: float
    text: str
    anchor: str = ""
    color: str = ""

    def written(self) -> dict[str, Any]:
        return {
            "kind": "text", "x": _unit(self.x), "y": _unit(self.y), "text": self.text, "anchor": self.anchor,
            "color": self.color,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle. title: shown when the pointer is over it."""

    x: float
    y: float
    width: float
    height: float
    color: str
    opacity: float = 1.0
    rounded: bool = False
    title: str = ""

    def written(self) -> dict[str, Any]:
        return {
            "kind": "rect", "x": _unit(self.x), "y": _unit(self.y), "width": _unit(self.width),
            "height": _unit(self.height), "color": self.color, "opacity": round(self.opacity, 3),
            "rounded": self.rounded, "title": self.title,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line."""

    x1: float
    x2: float
    y1: float
    y2: float
    color: str
    width: int = 1

    def written(self) -> dict[str, Any]:
        return {
            "kind": "line", "x1": _unit(self.x1), "x2": _unit(self.x2), "y1": _unit(self.y1),
            "y2": _unit(self.y2), "color": self.color, "width": self.width,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Curve:
    """A path. d: in the syntax of SVG."""

    d: str
    color: str

    def written(self) -> dict[str, Any]:
        return {"kind": "path", "d": self.d, "color": self.color}


Mark = Text | Rect | Stroke | Curve


def _unit(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
