"""The profile of a job: the utilization of its machines every half second, and the activity of the framework.

A ``Profile`` grows by one window at a time. A snapshot has the values of all devices of a node at one time:
system events that are less than 20 ms apart.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .series import Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .step import Array

CPU, IO_WAIT = "CPUUtilization", "I/OWaitPercentage"
GPU, GPU_MEMORY = "GPUUtilization", "GPUMemoryUtilization"
NETWORK, MEMORY_NAME = "Algorithm", "MemoryUsedPercent"
SAME_SNAPSHOT_S = 0.02
STEP_PREFIX = "Step:ModeKeys."


class SystemEvent(NamedTuple):
    """One line of a system file. ``time_s`` is epoch seconds; utilization is in percent."""

    node: str
    dimension: str
    name: str
    time_s: float
    value: float


class FrameworkEvent(NamedTuple):
    """One activity of the framework, from ``start_us`` to ``end_us`` (epoch microseconds)."""

    node: str
    phase: str
    name: str
    start_us: float
    end_us: float
    step: int
    pid: int
    source: str = "pythontimeline"
    args: tuple[tuple[str, str], ...] = ()

    @property
    def duration_us(self) -> float:
        return self.end_us - self.start_us


class SeriesKey(NamedTuple):
    """Names the series of one device, or of one of the job's own values, on one node."""

    node: str
    dimension: str
    name: str


@dataclass(frozen=True, slots=True)
class Window:
    """The events of one scan interval. ``number`` counts from 0; times are epoch seconds."""

    number: int
    start_s: float
    end_s: float
    system: tuple[SystemEvent, ...] = ()
    framework: tuple[FrameworkEvent, ...] = ()
    mode: str = ""
    mode_step: int = -1


@dataclass(slots=True)
class Profile:
    """The values of all windows of a job so far.

    window: the newest one. first_s: the start of the first one (epoch seconds). series: values in percent, by
    device; the newest values are last.
    """

    job: str = ""
    window: Window = field(default_factory=lambda: Window(-1, 0.0, 0.0))
    first_s: float | None = None
    series: dict[SeriesKey, Series] = field(default_factory=lambda: defaultdict(Series))
    snapshots: dict[tuple[str, str], Series] = field(default_factory=lambda: defaultdict(Series))
    """By (node, value name): one value per snapshot; see SNAPSHOT_VALUES."""

    def add(self, window: Window) -> None:
        """Adds the next window."""
        if self.first_s is None:
            self.first_s = window.start_s
        self.window = window
        for of_device in self.series.values():
            of_device.begin_window()
        for of_node in self.snapshots.values():
            of_node.begin_window()
        grouped: dict[SeriesKey, list[SystemEvent]] = defaultdict(list)
        for event in window.system:
            grouped[SeriesKey(event.node, event.dimension, event.name)].append(event)
        fresh = {}
        for key, events in grouped.items():
            events.sort(key=lambda event: event.time_s)
            values = np.array([event.value for event in events])
            self.series[key].extend(values)
            fresh[key] = np.array([event.time_s for event in events]), values
        for node in dict.fromkeys(key.node for key in fresh):
            self._add_snapshots(node, {key: fresh[key] for key in fresh if key.node == node})

    def devices(self, dimension: str) -> Iterator[tuple[SeriesKey, Array]]:
        """(key, all values in percent) of each device of a dimension, such as GPU."""
        for key in sorted(self.series):
            if key.dimension == dimension:
                yield key, self.series[key].values

    def nodes(self) -> list[str]:
        """The nodes that have system events, sorted."""
        return sorted({key.node for key in self.series})

    def cores(self, node: str) -> int:
        """The number of CPU cores of a node; 0 for an unknown node."""
        return sum(key.node == node and key.dimension == CPU for key in self.series)

    def snapshot(self, node: str, what: str) -> Array:
        """One value for each snapshot of the node so far; NaN where the device has no event."""
        return self.snapshots[node, what].values if (node, what) in self.snapshots else np.empty(0)

    def fresh_snapshot(self, node: str, what: str) -> Array:
        """The values of ``snapshot`` in the newest window only."""
        return self.snapshots[node, what].fresh if (node, what) in self.snapshots else np.empty(0)

    def _add_snapshots(self, node: str, fresh: dict[SeriesKey, tuple[Array, Array]]) -> None:
        times = np.sort(np.concatenate([times for times, _ in fresh.values()]))
        starts = times[np.concatenate(([True], np.diff(times) > SAME_SNAPSHOT_S))]
        self.snapshots[node, "time_s"].extend(starts)
        for what, (matches, combine) in SNAPSHOT_VALUES.items():
            parts = [part for key, part in fresh.items() if matches(key)]
            self.snapshots[node, what].extend(_combined(parts, starts, combine))


SNAPSHOT_VALUES: dict[str, tuple[Callable[[SeriesKey], bool], str]] = {
    "cpu_mean": (lambda key: key.dimension == CPU, "mean"),
    "cpu_max": (lambda key: key.dimension == CPU, "max"),
    "io_mean": (lambda key: key.dimension == IO_WAIT, "mean"),
    "io_max": (lambda key: key.dimension == IO_WAIT, "max"),
    "gpu_mean": (lambda key: key.dimension == GPU, "mean"),
    "gpu_min": (lambda key: key.dimension == GPU, "min"),
    "gpu_memory_mean": (lambda key: key.dimension == GPU_MEMORY, "mean"),
    "memory": (lambda key: key.name == MEMORY_NAME, "mean"),
    "network": (lambda key: key.dimension == NETWORK, "sum"),
}


def _combined(parts: Iterable[tuple[Array, Array]], starts: Array, combine: str) -> Array:
    """Combines (times, values) of several devices to one value per snapshot, [S]."""
    parts = list(parts)
    if not parts:
        return np.full(starts.size, np.nan)
    times = np.concatenate([times for times, _ in parts])
    values = np.concatenate([values for _, values in parts])
    which = np.searchsorted(starts, times, side="right") - 1
    if combine == "max" or combine == "min":
        combined = np.full(starts.size, np.nan)
        (np.fmax if combine == "max" else np.fmin).at(combined, which, values)
        return combined
    counts = np.bincount(which, minlength=starts.size)
    sums = np.bincount(which, weights=values, minlength=starts.size)
    with np.errstate(invalid="ignore"):
        return np.where(counts > 0, sums if combine == "sum" else sums / counts, np.nan)
