"""The profile of a job: its hosts, the use of their machines, step times, and where the time goes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clary.debugger.rules.profile import Profile
from clary.debugger.rules.profile_source import ProfileSource
from clary.debugger.rules.profiler.profiler_report import AllReports, ProfilerReport
from clary.debugger.rules.step_facts import first_step_us, mode_word, over_steps, slow_steps, time_shares

from .profile_objects import ProfileObjects
from .series import number

if TYPE_CHECKING:
    from clary.debugger.rules.finding import Finding
    from clary.debugger.rules.profiler.step_outlier import StepReport

    from .door import Door
    from .shelf import Shelf

Document = dict[str, Any]

WINDOW_S = 10.0
"""Shorter than the rules' own minute, so that a page shows a running job soon."""

MOST_POINTS = 300
MOST_NODES = 16
MOST_STEP_KINDS = 32
KEPT = 2
USE = ("cpu_mean", "cpu_max", "memory", "io_mean", "gpu_mean", "gpu_memory_mean", "network")
OF_THE_JOB = {"job_cpu": "JobCPUUtilization", "job_memory": "JobMemoryUsedPercent"}


def profile(door: Door, shelf: Shelf, key: str) -> Document:
    found = shelf.profiles.pop(key, None) or ReadProfile(door)
    shelf.profiles[key] = found
    while len(shelf.profiles) > KEPT:
        shelf.profiles.popitem(last=False)
    return cast("Document", found.document())


class ReadProfile:
    """What was read of one profile so far. Each call of ``document`` reads on."""

    def __init__(self, door: Door) -> None:
        self._files = ProfileObjects(door)
        self._source = ProfileSource(self._files, interval_s=WINDOW_S)
        self._profile = Profile()
        self._rule = ProfilerReport()
        self._report: AllReports = self._rule.report()
        self._findings: dict[str, tuple[int, Finding]] = {}
        self._is_done = False

    def document(self) -> Document:
        if not self._is_done:
            self._read()
        report, shown = self._report.reports, self._profile
        steps = cast("StepReport", report["StepOutlier"])
        first_s = shown.first_s
        return {
            "Partial": not self._files.is_whole,
            "Ended": self._is_done,
            "Start": None if first_s is None else round(first_s, 3),
            "End": None if first_s is None else round(shown.window.end_s, 3),
            "Nodes": [self._node(node) for node in shown.nodes()[:MOST_NODES]],
            "NodeCount": len(shown.nodes()),
            "Steps": _steps(steps),
            "Time": [
                {
                    "Node": node,
                    "Parts": [{"Part": part, "Seconds": number(share)} for part, share in parts.items()],
                }
                for node, parts in time_shares(shown, steps, first_step_us(report)).items()
            ],
            "SlowSteps": [
                {
                    "Node": slow.node,
                    "Kind": slow.kind,
                    "Count": len(slow.numbers),
                    "Steps": list(slow.numbers[:20]),
                    "LostSeconds": number(slow.lost_s),
                    "Share": number(slow.share),
                    "Every": slow.every,
                }
                for slow in slow_steps(steps)
            ],
            "Findings": [self._finding(name) for name in sorted(self._findings)],
        }

    def _read(self) -> None:
        ended = self._files.ended()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for window in self._source.poll(final=False):
                self._add(window)
            if ended and self._files.is_whole:
                for window in self._source.poll(final=True):
                    self._add(window)
                self._is_done = True

    def _add(self, window: Any) -> None:
        self._profile.add(window)
        for finding in self._rule.check(self._profile, self._report):
            name = finding.message.partition(":")[0]
            times = self._findings.get(name, (0, finding))[0]
            self._findings[name] = times + 1, finding

    def _finding(self, name: str) -> Document:
        times, finding = self._findings[name]
        rule = next(rule for rule in self._rule.rules if rule.name == name)
        return {
            "Rule": name,
            "Count": times,
            "Message": finding.message.partition(": ")[2][:600],
            "Meaning": rule.meaning,
            "Remedy": rule.remedy,
        }

    def _node(self, node: str) -> Document:
        shown = self._profile
        times = shown.snapshot(node, "time_s")
        groups = [
            group
            for group in np.array_split(np.arange(times.size), min(MOST_POINTS, times.size or 1))
            if group.size
        ]
        use = {}
        for what in USE:
            values = shown.snapshot(node, what)
            if values.size == times.size and np.isfinite(values).any():
                use[what] = [number(_mean(values[group])) for group in groups]
        for word, name in OF_THE_JOB.items():
            own = next(
                (s.values for key, s in shown.series.items() if key.node == node and key.name == name), None
            )
            if own is not None and own.size:
                parts = np.array_split(own, len(groups)) if groups else []
                use[word] = [number(_mean(part)) for part in parts]
        return {
            "Node": node[:200],
            "Cores": shown.cores(node),
            "Times": [round(float(times[group[0]]), 2) for group in groups],
            "Use": use,
            "Summary": {
                what: {"Mean": number(_mean(values)), "P95": number(_p95(values))}
                for what in USE
                if np.isfinite(values := shown.snapshot(node, what)).any()
            },
        }


def _steps(steps: StepReport) -> list[Document]:
    documents = []
    for (node, kind), durations in list(steps.durations.items())[:MOST_STEP_KINDS]:
        values = durations.values
        first, median, longest = over_steps(steps.numbers[node, kind].values, values)
        documents.append(
            {
                "Node": node[:200],
                "Kind": mode_word(kind)[:100],
                "Count": int(values.size),
                "Mean": number(float(values.mean())),
                "P50": number(float(np.median(values))),
                "P95": number(_p95(values)),
                "Longest": number(float(values.max())),
                "Seconds": number(float(values.sum())),
                "First": [number(each) for each in first],
                "Median": [number(each) for each in median],
                "Maximum": [number(each) for each in longest],
            }
        )
    return documents


def _mean(values: Any) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _p95(values: Any) -> float:
    finite = values[np.isfinite(values)]
    return float(np.quantile(finite, 0.95)) if finite.size else float("nan")
