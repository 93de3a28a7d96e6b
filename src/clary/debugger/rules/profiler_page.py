"""The page of the profiler report."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from .profile import CPU, GPU, GPU_MEMORY, Profile
from .report import Line, Section, bars, boxes, histogram, lines, page, table
from .series import box

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .profile_rule import ProfilerRule, Report

SHOWN_USE = {
    "CPU": "cpu_mean",
    "GPU": "gpu_mean",
    "GPU memory": "gpu_memory_mean",
    "memory": "memory",
    "I/O wait": "io_mean",
}
CHARTS_OF_TIME = {
    "phase": "Training, validation and the rest",
    "forward_backward": "Forward and backward pass",
    "ratio": "Operators on CPU and GPU",
    "CPU": "CPU operators",
    "GPU": "GPU operators",
    "general": "Other framework activity",
    "horovod": "Horovod",
}


def profiler_page(rules: Sequence[ProfilerRule], reports: Mapping[str, Report], profile: Profile) -> str:
    """The whole HTML document."""
    sections = [
        Section("found", "What was found", _found(rules, reports)),
        Section("use", "Use over time", _use(profile)),
        Section("devices", "Devices", _devices(profile)),
    ]
    time = _time(reports["OverallFrameworkMetrics"])
    if time:
        sections.append(Section("time", "Where the time went", time))
    steps = _steps(reports["StepOutlier"])
    if steps:
        sections.append(Section("steps", "Step times", steps))
    return page("Profiler report", _summary(reports, profile), sections)


def _summary(reports: Mapping[str, Report], profile: Profile) -> str:
    fired = [name for name, report in reports.items() if report.triggered]
    minutes = (profile.window.end_s - (profile.first_s or profile.window.start_s)) / 60
    over = f"{len(profile.nodes())} hosts over {minutes:.1f} minutes"
    if not fired:
        return f'<p><span class="good">Nothing stands out</span> on {over}.</p>'
    return f'<p><span class="bad">{", ".join(fired)}</span> found something on {over}.</p>'


def _found(rules: Sequence[ProfilerRule], reports: Mapping[str, Report]) -> str:
    rows = [
        (
            rule.name,
            reports[rule.name].triggered,
            reports[rule.name].violations,
            reports[rule.name].datapoints,
        )
        for rule in sorted(rules, key=lambda rule: -reports[rule.name].triggered)
    ]
    told = "".join(
        f"<p><strong>{rule.name}.</strong> {escape(rule.meaning)} {escape(rule.remedy)}</p>"
        for rule in rules
        if reports[rule.name].triggered
    )
    return told + table(("rule", "triggered", "violations", "data points"), rows)


def _use(profile: Profile) -> str:
    charts = []
    for node in profile.nodes():
        times = profile.snapshot(node, "time_s")
        if not times.size:
            continue
        minutes = ((times - times[0]) / 60).tolist()
        drawn = [
            Line(label, minutes, profile.snapshot(node, what).tolist())
            for label, what in SHOWN_USE.items()
            if not np.isnan(profile.snapshot(node, what)).all()
        ]
        charts.append(lines(f"{node}, percent", drawn, x_label="minutes"))
    return "".join(charts) or "<p>No system events were recorded.</p>"


def _devices(profile: Profile) -> str:
    charts = []
    for title, dimension in (("GPU", GPU), ("GPU memory", GPU_MEMORY), ("CPU cores", CPU)):
        shown = {
            f"{key.node} {key.name}": box(values) for key, values in profile.devices(dimension) if values.size
        }
        charts.append(boxes(f"{title}: quartiles and median of utilization", shown))
    return "".join(charts)


def _time(report: Report) -> str:
    charts = [
        bars(title, dict(sorted(report.details[chart].items(), key=lambda item: -item[1])), unit="%")
        for chart, title in CHARTS_OF_TIME.items()
        if report.details.get(chart)
    ]
    return "".join(charts)


def _steps(report: Report) -> str:
    parts = []
    for node, kinds in report.details.get("step_details", {}).items():
        for kind, found in kinds.items():
            statistics = found["step_stats"]
            parts.append(
                histogram(f"{node} {kind}: seconds", found["probs"], found["binedges"], x_label="seconds")
            )
            parts.append(table(tuple(statistics), [tuple(statistics.values())]))
            if found["step_numbers"]:
                parts.append(f"<p>Outliers at steps {', '.join(map(str, found['step_numbers'][:50]))}</p>")
    return "".join(parts)
