"""All metric points of a job on this host: of its output, and of a tracker inside it."""

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
    """Reads and sends points from threads of its own, from now until ``close``."""

    def __init__(self, agent: Agent, definitions: Sequence[tuple[str, str]]) -> None:
        """definitions: (name, regular expression) of what is read from the job's output."""
        # A server that goes on answering 500 must not keep the host, and what waits for its place, for ever.
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
        """Takes what the job writes; None when nobody reads metrics of it."""
        return self._lines.read if self._lines is not None else None

    def close(self) -> None:
        """Returns when the server has every point there is, or will not take it."""
        self._tracker.close()
        if self._lines is not None:
            self._lines.close()
        self._shipper.close()
