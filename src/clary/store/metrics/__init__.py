"""Metric series: every point that was ever logged, with the summary of each series beside it.

Points are kept in packed chunks, so that a million of them are read in a fraction of a second and
drawn from the chunks' own extremes without being read at all. No point is ever dropped.
"""

from clary.store.series.points import NO_STEP, Point, Points
from clary.store.series.summary import Summary, summarize

from .store import MetricStore

__all__ = ["NO_STEP", "MetricStore", "Point", "Points", "Summary", "summarize"]
