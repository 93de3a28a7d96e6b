"""Collects the metric points of a job on this host: from its output, and from the files of a tracker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..client.service import DATA_PATIENCE_S
from .line_metrics import LineMetrics
from .metrics import MetricShipper
from .spool import Spool
from .tracker_files import TrackerFiles, TrackerFollower

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..agent import Agent

METRICS_FOLDER = "output/metrics/sagemaker"


class MetricCollection:
    """Reads and sends points in threads of its own until ``close``."""

    def __init__(self, agent: Agent, definitions: Sequence[tuple[str, str]]) -> None:
        """definitions: (name, regular expression) of each metric in the job's output."""
        # A server that always answers 500 must not keep the host, and the jobs in the queue, without end.
        service = agent.service(patience_s=DATA_PATIENCE_S)
        work, ml = agent.layout.work, agent.layout.ml
        self._shipper = MetricShipper(
            service, agent.host, Spool(work / "metrics.spool"), agent.on_gone, agent.say
        )
        self._lines: LineMetrics | None = None
        if definitions:
            spool = Spool(work / "texts.spool")
            self._lines = LineMetrics(definitions, spool, self._shipper.put, agent.say)
        self._tracker = TrackerFollower(TrackerFiles(ml, METRICS_FOLDER, agent.say), self._shipper.put)

    @property
    def on_text(self) -> Callable[[Sequence[bytes]], None] | None:
        """Takes the output of the job; None when no metric is read from it."""
        return self._lines.read if self._lines is not None else None

    def close(self) -> None:
        """Returns when the server has accepted or refused every point."""
        self._tracker.close()
        if self._lines is not None:
            self._lines.close()
        self._shipper.close()
