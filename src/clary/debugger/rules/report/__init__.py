"""Pages and charts for people: HTML that needs no network, drawings as inline SVG."""

from __future__ import annotations

from .charts import Line, bars, boxes, heat_map, histogram, lines
from .notebook import notebook
from .page import Section, frames, page, table

__all__ = [
    "Line",
    "Section",
    "bars",
    "boxes",
    "frames",
    "heat_map",
    "histogram",
    "lines",
    "notebook",
    "page",
    "table",
]
