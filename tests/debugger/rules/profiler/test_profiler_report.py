from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.debugger.rules.profiles import a_window, constant, steps, system

from clary.debugger.rules import RuleConfigurationError, RuleParameterError, build_rule
from clary.debugger.rules.profile import Profile, SystemEvent, Window
from clary.debugger.rules.profiler.profiler_report import RULES, ProfilerReport
from clary.debugger.rules.watch import ProfileWatch

if TYPE_CHECKING:
    from pathlib import Path

TRIGGER_ALL = {
    "CPUBottleneck_gpu_threshold": "100",
    "CPUBottleneck_cpu_threshold": "0",
    "IOBottleneck_gpu_threshold": "100",
    "iobottleneck_io_threshold": "-1",
    "LowGPUUtilization_threshold_p95": "100",
    "LowGPUUtilization_threshold_p5": "100",
    "StepOutlier_stddev": "1",
    "StepOutlier_n_outliers": "0",
    "GPUMemoryIncrease_increase": "0",
    "GPUMemoryIncrease_window": "10",
    "BatchSize_cpu_threshold_p95": "100",
    "BatchSize_gpu_threshold_p95": "100",
    "BatchSize_gpu_memory_threshold_p95": "100",
    "LoadBalancing_threshold": "0",
}


def a_trace() -> Window:
    random = np.random.default_rng(0)
    events = system(
        cpu=list(random.uniform(20, 90, (2, 1200))),
        io=list(random.uniform(0, 5, (2, 1200))),
        gpu=list(random.uniform(40, 90, (2, 1200))),
        gpu_memory=[np.linspace(20, 60, 1200), constant(40)],
    )
    return a_window(events, steps(random.uniform(0.1, 0.2, 200)), length_s=600)


def reported(rule: ProfilerReport, output: Path, window: Window) -> ProfileWatch:
    profile = Profile()
    watch = ProfileWatch(rule, profile, output)
    profile.add(window)
    watch.check(window)
    return watch


def test_with_the_widest_thresholds_every_rule_fires(tmp_path: Path) -> None:
    reported(build_rule(ProfilerReport, TRIGGER_ALL), tmp_path, a_trace())

    reports = tmp_path / "profiler-output" / "profiler-reports"
    triggered = {path.stem for path in reports.iterdir() if json.loads(path.read_text())["RuleTriggered"] > 0}
    never = {"OverallSystemUsage", "OverallFrameworkMetrics", "MaxInitializationTime", "Dataloader"}
    assert triggered == set(RULES) - never


def test_each_rule_writes_its_report_in_the_form_of_aws(tmp_path: Path) -> None:
    reported(ProfilerReport(), tmp_path, a_trace())

    folder = tmp_path / "profiler-output" / "profiler-reports"
    documents = {path.stem: json.loads(path.read_text()) for path in folder.iterdir()}
    assert set(documents) == set(RULES)
    for document in documents.values():
        assert set(document) == {"RuleTriggered", "Violations", "Details", "Datapoints", "RuleParameters"}
    assert documents["StepOutlier"]["RuleParameters"] == "stddev:3.0\nmode:None\nn_outliers:10"


def test_the_title_of_the_page_has_the_job_and_the_date(tmp_path: Path) -> None:
    profile = Profile("digits-1")
    watch = ProfileWatch(ProfilerReport(), profile, tmp_path)

    watch.finish()

    html = (tmp_path / "profiler-output" / "profiler-report.html").read_text()
    assert "Job digits-1, as of 20" in html
    assert "<title>Profiler report: digits-1</title>" in html


def test_the_page_loads_nothing_and_its_drawings_are_well_formed(tmp_path: Path) -> None:
    reported(build_rule(ProfilerReport, TRIGGER_ALL), tmp_path, a_trace())

    html = (tmp_path / "profiler-output" / "profiler-report.html").read_text()
    assert "http" not in html
    for section in ("What was found", "Use over time", "Devices", "Where the time went", "Step times"):
        assert section in html
    for drawing in html.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + drawing.split("</svg>")[0] + "</svg>")
    notebook = json.loads((tmp_path / "profiler-output" / "profiler-report.ipynb").read_text())
    assert notebook["nbformat"] == 4


def test_the_page_begins_with_the_cost_and_the_period_of_slow_steps(tmp_path: Path) -> None:
    durations = [0.5 if step % 20 == 0 else 0.01 for step in range(400)]
    machine = system(cpu=[constant(95, 60), constant(97, 60)])
    own = [
        SystemEvent("algo-1", "", "JobCPUUtilization", event.time_s, 30.0)
        for event in machine
        if event.name == "cpu0"
    ]
    reported(ProfilerReport(), tmp_path, a_window([*machine, *own], steps(durations), length_s=30))

    html = (tmp_path / "profiler-output" / "profiler-report.html").read_text()
    assert "20 slow training steps cost 9.8 s, 71% of the time of all training steps" in html
    assert "they come every 20 steps" in html
    assert "400 training steps, 10 ms each in the median" in html
    assert "its cores were 96% busy, and this job&#39;s own processes used 30%" in html
    assert "Most of the machine was busy with something else" in html
    assert "46% training steps, 54% between steps and at the end" in html


def test_the_page_says_why_a_rule_could_not_be_evaluated(tmp_path: Path) -> None:
    reported(ProfilerReport(), tmp_path, a_window(system(cpu=[constant(50, 60)])))

    html = (tmp_path / "profiler-output" / "profiler-report.html").read_text()
    assert "<td>LowGPUUtilization</td><td>not evaluated: no GPU was seen</td>" in html
    assert "<td>StepOutlier</td><td>not evaluated: no step was seen</td>" in html


def test_the_page_says_how_many_data_points_a_rule_needs(tmp_path: Path) -> None:
    busy = system(cpu=[constant(50, 60)], gpu=[constant(95, 60)], gpu_memory=[constant(95, 60)])
    reported(ProfilerReport(), tmp_path, a_window(busy, steps([0.1] * 5)))

    html = (tmp_path / "profiler-output" / "profiler-report.html").read_text()
    waiting = "<td>LowGPUUtilization</td><td>not evaluated: it waits for more than 1000 data points</td>"
    assert waiting in html
    assert "<td>MaxInitializationTime</td><td>nothing found</td>" in html


def test_a_job_that_recorded_nothing_has_a_page_too(tmp_path: Path) -> None:
    ProfileWatch(ProfilerReport(), Profile(), tmp_path).finish()

    assert "Nothing stands out" in (tmp_path / "profiler-output" / "profiler-report.html").read_text()


def test_a_parameter_of_no_rule_is_refused() -> None:
    with pytest.raises(RuleConfigurationError, match="ProfilerReport has no parameter 'Foo_bar'"):
        build_rule(ProfilerReport, {"Foo_bar": "1"})


def test_a_parameter_that_its_rule_refuses_is_refused_by_name() -> None:
    with pytest.raises(RuleParameterError, match="'threshold' is 'x'"):
        build_rule(ProfilerReport, {"CPUBottleneck_threshold": "x"})


def test_opt_out_telemetry_is_accepted_and_ignored() -> None:
    assert build_rule(ProfilerReport, {"opt_out_telemetry": "True"}) == ProfilerReport()
