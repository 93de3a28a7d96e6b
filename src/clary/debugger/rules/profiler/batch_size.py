"""Finds machines that have capacity for a larger batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..profile import GPU, GPU_MEMORY, Profile, SeriesKey
from ..profile_rule import ProfilerRule, RuleReport
from ..series import box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array


@dataclass(frozen=True, slots=True)
class BatchSize(ProfilerRule):
    """Fires when p95 of CPU, GPU and GPU memory of a node is low over the last ``window`` values."""

    cpu_threshold_p95: float = 70.0
    gpu_threshold_p95: float = 70.0
    gpu_memory_threshold_p95: float = 70.0
    patience: int = 1000
    window: int = 500

    meaning: ClassVar[str] = (
        "CPU, GPU and GPU memory all have room left: each step is too small to keep the machine busy."
    )
    remedy: ClassVar[str] = (
        "Raise the batch size (and the learning rate with it), or run on a smaller instance type."
    )

    def check(self, profile: Profile, report: RuleReport) -> Iterator[Finding]:
        for node in profile.nodes():
            cpu = profile.snapshot(node, "cpu_mean")
            cpu = cpu[~np.isnan(cpu)]
            report.datapoints = cpu.size
            if cpu.size > self.window and cpu.size > self.patience and self._low(cpu, self.cpu_threshold_p95):
                yield from self._gpus(node, cpu, profile, report)

    def _gpus(self, node: str, cpu: Array, profile: Profile, report: RuleReport) -> Iterator[Finding]:
        for key, gpu in profile.devices(GPU):
            memory = profile.series[SeriesKey(node, GPU_MEMORY, key.name)].values
            if key.node != node or gpu.size <= self.window or not memory.size:
                continue
            if self._low(gpu, self.gpu_threshold_p95) and self._low(memory, self.gpu_memory_threshold_p95):
                report.triggered += 1
                report.violations += 1
                details = report.details.setdefault(node, {})
                details["cpu"] = box(cpu)
                details[key.name] = box(gpu)
                details[f"{key.name}_memory"] = box(memory)
                p95 = self._p95(gpu)
                others = f"GPU memory {self._p95(memory):.0f}%, CPU {self._p95(cpu):.0f}%"
                message = f"p95 of GPU {p95:.0f}%, {others}: all low"
                yield Finding(
                    profile.window.number, f"{node}/{key.name}", p95, self.gpu_threshold_p95, message
                )

    def _low(self, values: Array, threshold: float) -> bool:
        return self._p95(values) < threshold

    def _p95(self, values: Array) -> float:
        return float(np.quantile(values[-self.window :], 0.95))
