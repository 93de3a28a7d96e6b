"""Metric series: all points that were logged, and a summary of each series.

Points are stored in packed chunks: a million points are read in less than a second, and a chart of them
needs only the extremes of the chunks. No point is ever dropped.
"""

from clary.store.series.points import NO_STEP, Point, Points
from clary.store.series.summary import Summary, summarize

from .store import MetricStore

__all__ = ["NO_STEP", "MetricStore", "Point", "Points", "Summary", "summarize"]
