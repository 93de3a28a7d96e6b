"""The page of the profiler report: first the findings and their cost, then the utilization over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from .profile import CPU, GPU, GPU_MEMORY, Profile
from .report import (
    About,
    ChartLine,
    Section,
    bars,
    boxes,
    histogram,
    joined,
    lines,
    page,
    paragraphs,
    render,
    table,
)
from .series import box
from .step_facts import first_step_us, mode_word, over_steps, slow_steps, time_shares

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markupsafe import Markup

    from .profile_rule import ProfilerRule, RuleReport
    from .profiler.step_outlier import StepReport
    from .step import Array
    from .step_facts import SlowSteps

SHOWN_USE = {
    "CPU": "cpu_mean",
    "GPU": "gpu_mean",
    "GPU memory": "gpu_memory_mean",
    "memory": "memory",
    "I/O wait": "io_mean",
}
OF_THE_JOB = {"this job's CPU": "JobCPUUtilization", "this job's memory": "JobMemoryUsedPercent"}
CHARTS_OF_TIME = {
    "forward_backward": "Forward and backward pass",
    "ratio": "Operators on CPU and GPU",
    "CPU": "CPU operators",
    "GPU": "GPU operators",
    "general": "Other framework activity",
    "horovod": "Horovod",
}
ABOUT_GPUS = (
    "CPUBottleneck",
    "IOBottleneck",
    "LowGPUUtilization",
    "BatchSize",
    "GPUMemoryIncrease",
    "LoadBalancing",
)
ABOUT_STEPS = ("StepOutlier", "MaxInitializationTime")
NEVER_FIRE = ("OverallSystemUsage", "OverallFrameworkMetrics")
MAX_NODES = 8
MAX_NUMBERS = 50
BUSY, IDLE = 90.0, 10.0


def profiler_page(
    rules: Sequence[ProfilerRule], reports: Mapping[str, RuleReport], profile: Profile, about: About
) -> str:
    """The whole HTML document."""
    steps = cast("StepReport", reports["StepOutlier"])
    sections = [
        Section("found", "What was found", _found(rules, reports, profile, list(slow_steps(steps)))),
        Section("use", "Use over time", _use(profile)),
        Section("devices", "Devices", _devices(profile)),
    ]
    time = _time(profile, steps, reports)
    if time:
        sections.append(Section("time", "Where the time went", time))
    drawn = _steps(steps)
    if drawn:
        sections.append(Section("steps", "Step times", drawn))
    return page("Profiler report", about, _summary(reports, profile, steps), sections)


# The head of the page


def _summary(reports: Mapping[str, RuleReport], profile: Profile, steps: StepReport) -> Markup:
    fired = [name for name, report in reports.items() if report.triggered]
    minutes = (profile.window.end_s - (profile.first_s or profile.window.start_s)) / 60
    over = f"{_counted(len(profile.nodes()), 'host')} over {minutes:.1f} minutes"
    facts = [*_facts_of_steps(profile, steps, first_step_us(reports)), *_facts_of_devices(profile)]
    return render("profiler_summary.html", fired=fired, over=over, facts=facts)


def _facts_of_steps(profile: Profile, steps: StepReport, first_us: float | None) -> Iterator[str]:
    for (node, event), series in list(steps.durations.items())[:MAX_NODES]:
        if mode_word(event) == "training" and series.values.size:
            median_s, count = float(np.median(series.values)), series.values.size
            per_s = count / max(float(series.values.sum()), 1e-9)
            yield (
                f"{_where(node, steps)}{_counted(count, 'training step')}, {_duration(median_s)} each in the "
                f"median, {per_s:.3g} a second."
            )
    for node, shares in list(time_shares(profile, steps, first_us).items())[:1]:
        total = max(sum(shares.values()), 1e-9)
        parts = ", ".join(
            f"{100 * seconds / total:.0f}% {what}" for what, seconds in shares.items() if seconds
        )
        yield f"{_where(node, steps)}Time: {parts}."


def _facts_of_devices(profile: Profile) -> Iterator[str]:
    for node in profile.nodes()[:MAX_NODES]:
        machine, own = _known(profile.snapshot(node, "cpu_mean")), _own(profile, node, "JobCPUUtilization")
        if machine.size and own.size:
            at_all, by_job = float(np.median(machine)), float(np.median(own))
            text = (
                f"{node}: in the median its cores were {at_all:.0f}% busy, and this job's own processes used "
            )
            text += f"{by_job:.0f}% of the cores that it was given."
            if at_all > BUSY and by_job < at_all / 2:
                text += " Most of the machine was busy with something else, which makes this training slower."
            elif by_job < IDLE:
                text += " It mostly waited; look at where the time went."
            yield text
        gpu = _known(profile.snapshot(node, "gpu_mean"))
        if gpu.size:
            yield f"{node}: its GPUs were {float(np.median(gpu)):.0f}% busy in the median."
        memory = _known(profile.snapshot(node, "memory"))
        if memory.size and float(memory.max()) > BUSY:
            yield f"{node}: memory was {float(memory.max()):.0f}% full at its height; more would end the job."


# Sections


def _found(
    rules: Sequence[ProfilerRule],
    reports: Mapping[str, RuleReport],
    profile: Profile,
    slow: Sequence[SlowSteps],
) -> Markup:
    fired = [
        {
            "name": rule.name,
            "meaning": rule.meaning,
            "here": list(map(_cost_text, slow)) if rule.name == "StepOutlier" else [],
            "remedy": rule.remedy,
        }
        for rule in sorted(rules, key=lambda rule: -reports[rule.name].triggered)
        if reports[rule.name].triggered
    ]
    gpus = any(True for _ in profile.devices(GPU))
    rows = [
        (rule.name, _result(rule, reports[rule.name], gpus=gpus), reports[rule.name].datapoints)
        for rule in sorted(rules, key=lambda rule: -reports[rule.name].triggered)
        if rule.name not in NEVER_FIRE
    ]
    results = table(("rule", "result", "data points"), rows)
    return render("profiler_found.html", fired=fired, results=results)


def _cost_text(slow: SlowSteps) -> str:
    text = (
        f"Here, on {slow.node}: {_counted(len(slow.numbers), f'slow {slow.kind} step')} cost "
        f"{_duration(slow.lost_s)}, {100 * slow.share:.0f}% of the time of all {slow.kind} steps"
    )
    return text + (f"; they come every {slow.every} steps." if slow.every else ".")


def _result(rule: ProfilerRule, report: RuleReport, *, gpus: bool) -> str:
    if report.triggered:
        return f"found something, in {_counted(report.triggered, 'window')}"
    if rule.name in ABOUT_GPUS and not gpus:
        return "not evaluated: no GPU was seen"
    if not report.datapoints:
        seen = "no step was seen" if rule.name in ABOUT_STEPS else "nothing of the kind was recorded"
        return f"not evaluated: {seen}"
    patience = int(getattr(rule, "patience", 0))
    if report.datapoints <= patience:
        return f"not evaluated: it waits for more than {patience} data points"
    return "nothing found"


def _use(profile: Profile) -> Markup:
    charts = []
    for node in profile.nodes():
        times = profile.snapshot(node, "time_s")
        if not times.size:
            continue
        minutes = ((times - times[0]) / 60).tolist()
        drawn = [
            ChartLine(label, minutes, profile.snapshot(node, what).tolist())
            for label, what in SHOWN_USE.items()
            if not np.isnan(profile.snapshot(node, what)).all()
        ]
        for label, name in OF_THE_JOB.items():
            values = _own(profile, node, name)
            if values.size:
                own_minutes = np.linspace(minutes[0], minutes[-1], values.size).tolist()
                drawn.append(ChartLine(label, own_minutes, values.tolist()))
        charts.append(lines(f"{node}, percent", drawn, x_label="minutes", y_range=(0, 100)))
    return joined(charts) if charts else paragraphs("No system events were recorded.")


def _devices(profile: Profile) -> Markup:
    charts = []
    for title, dimension in (("GPU", GPU), ("GPU memory", GPU_MEMORY), ("CPU cores", CPU)):
        shown = {
            f"{key.node} {key.name}": box(values) for key, values in profile.devices(dimension) if values.size
        }
        charts.append(boxes(f"{title}: quartiles and median of utilization", shown))
    return joined(charts)


def _time(profile: Profile, steps: StepReport, reports: Mapping[str, RuleReport]) -> Markup:
    charts = [
        bars(f"{node}: seconds", shares)
        for node, shares in list(time_shares(profile, steps, first_step_us(reports)).items())[:MAX_NODES]
    ]
    details = reports["OverallFrameworkMetrics"].details
    charts += [
        bars(title, dict(sorted(details[chart].items(), key=lambda item: -item[1])), unit="%")
        for chart, title in CHARTS_OF_TIME.items()
        if details.get(chart)
    ]
    return joined(charts)


def _steps(report: StepReport) -> Markup:
    parts = []
    for node, kinds in list(report.details.get("step_details", {}).items())[:MAX_NODES]:
        for event, found in kinds.items():
            numbers, durations = report.numbers[node, event].values, report.durations[node, event].values
            at, median, longest = over_steps(numbers, durations * 1000)
            title = f"{node}, {mode_word(event)} steps"
            drawn = [ChartLine("longest", at, longest), ChartLine("median", at, median)]
            parts.append(lines(f"{title}: milliseconds", drawn, x_label="step"))
            edges = [1000 * edge for edge in found["binedges"]]
            parts.append(
                histogram(f"{title}: how many took how long", found["probs"], edges, x_label="milliseconds")
            )
            statistics = found["step_stats"]
            row = tuple(_duration(seconds) for seconds in statistics.values())
            parts.append(table(tuple(statistics), [row]))
            if found["step_numbers"]:
                shown = ", ".join(map(str, found["step_numbers"][:MAX_NUMBERS]))
                more = found["number_of_outliers"] - MAX_NUMBERS
                more_text = f" and {more} more" if more > 0 else ""
                parts.append(paragraphs(f"Outliers at steps {shown}{more_text}"))
    return joined(parts)


# Words and numbers


def _own(profile: Profile, node: str, name: str) -> Array:
    """The values of the job's own processes on a node, such as JobCPUUtilization; empty if there are none."""
    found = [series.values for key, series in profile.series.items() if key.node == node and key.name == name]
    return found[0] if found else np.empty(0)


def _known(values: Array) -> Array:
    return values[~np.isnan(values)]


def _where(node: str, steps: StepReport) -> str:
    several = len({node for node, _ in steps.durations}) > 1
    return f"{node}: " if several else ""


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _duration(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f} µs"
    if seconds < 1:
        return f"{1e3 * seconds:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 600 else f"{seconds / 60:.1f} min"
