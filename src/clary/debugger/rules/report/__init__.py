"""Pages and charts of reports: HTML from templates, with inline SVG. Pages load nothing from the network."""

from __future__ import annotations

from .charts import ChartLine, bars, boxes, heat_map, histogram, lines
from .notebook import notebook
from .page import About, Section, frames, page, table
from .rendering import joined, paragraphs, render

__all__ = [
    "About",
    "ChartLine",
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
