"""Pages and charts for people: HTML of templates that needs no network, drawings as inline SVG."""

from __future__ import annotations

from .charts import Line, bars, boxes, heat_map, histogram, lines
from .notebook import notebook
from .page import About, Section, frames, page, table
from .rendering import joined, paragraphs, render

__all__ = [
    "About",
    "Line",
    "Section",
    "bars",
    "boxes",
    "frames",
    "heat_map",
    "histogram",
    "joined",
    "lines",
    "notebook",
    "page",
    "paragraphs",
    "render",
    "table",
]
