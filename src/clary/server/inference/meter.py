"""Counts invocations and their latencies in memory, and writes them as metrics every few seconds."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clary.kinds.endpoint.invocation_metrics import variant_owner

from .distribution import Distribution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clary.store.metrics import MetricStore, Point

log = logging.getLogger("clary.server")

WRITE_S = 5.0
"""A server that is killed loses what it counted since the last write."""


@dataclass(slots=True)
class VariantCounts:
    """The requests to one variant for a while. Latencies are in microseconds."""

    invocations: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    by_instances: Counter[int] = field(default_factory=Counter)
    model_us: Distribution = field(default_factory=Distribution)
    overhead_us: Distribution = field(default_factory=Distribution)

    def points(self, at: float) -> Iterator[Point]:
        """Yields the points of all metrics. at: epoch seconds."""
        yield "Invocations", at, self.invocations, 1.0
        for instances, count in self.by_instances.items():
            yield "InvocationsPerInstance", at, count, 1.0 / instances
        for name in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"):
            failed = self.errors[name]
            for value, count in ((0.0, self.invocations - failed), (1.0, failed)):
                if count:
                    yield name, at, count, value
        for name, distribution in (("ModelLatency", self.model_us), ("OverheadLatency", self.overhead_us)):
            for value, weight in distribution.points():
                yield name, at, weight, value


class InvocationMeter:
    """The counts of all variants since the last write. Safe to use from any thread."""

    def __init__(self, metrics: MetricStore, now: Callable[[], float]) -> None:
        self._metrics = metrics
        self._now = now
        self._counts: dict[str, VariantCounts] = {}
        self._lock = threading.Lock()

    def count(
        self, endpoint_arn: str, variant: str, instances: int, status: int, model_s: float, overhead_s: float
    ) -> None:
        """Counts one request. status: of the model's answer; 0 when there was none."""
        owner = variant_owner(endpoint_arn, variant)
        with self._lock:
            counts = self._counts.get(owner)
            if counts is None:
                counts = self._counts[owner] = VariantCounts()
            counts.invocations += 1
            counts.by_instances[max(instances, 1)] += 1
            counts.model_us.add(model_s * 1e6)
            counts.overhead_us.add(max(overhead_s, 0.0) * 1e6)
            if not 200 <= status < 300:
                counts.errors["InvocationModelErrors"] += 1
            if 400 <= status < 600:
                counts.errors[f"Invocation{status // 100}XXErrors"] += 1

    def write(self) -> None:
        """Writes what was counted since the last call."""
        with self._lock:
            taken, self._counts = self._counts, {}
        now = self._now()
        for owner, counts in taken.items():
            self._metrics.append(owner, list(counts.points(now)))

    async def run(self) -> None:
        """Writes every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_S)
            try:
                await asyncio.to_thread(self.write)
            except Exception:
                log.exception("metrics of endpoints could not be written; those of the last seconds are lost")
