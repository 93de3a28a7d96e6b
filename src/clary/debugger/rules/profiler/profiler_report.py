"""Runs all profiler rules, and writes a page about their findings."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..atomic_text import write_text
from ..errors import RuleConfigurationError
from ..finding import Finding
from ..parameters import build_rule
from ..profile_rule import ProfilerRule, RuleReport, write_report
from ..profiler_page import profiler_page
from ..report import About, notebook
from .batch_size import BatchSize
from .cpu_bottleneck import CPUBottleneck
from .dataloader import Dataloader
from .gpu_memory_increase import GPUMemoryIncrease
from .io_bottleneck import IOBottleneck
from .load_balancing import LoadBalancing
from .low_gpu_utilization import LowGPUUtilization
from .max_initialization_time import MaxInitializationTime
from .overall_framework_metrics import OverallFrameworkMetrics
from .overall_system_usage import OverallSystemUsage
from .step_outlier import StepOutlier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..profile import Profile

RULES: dict[str, type[ProfilerRule]] = {
    rule.__name__: rule
    for rule in (
        CPUBottleneck,
        IOBottleneck,
        LowGPUUtilization,
        BatchSize,
        GPUMemoryIncrease,
        LoadBalancing,
        Dataloader,
        StepOutlier,
        MaxInitializationTime,
        OverallSystemUsage,
        OverallFrameworkMetrics,
    )
}
NOTEBOOK_CELL = """import json, pathlib
from IPython.display import HTML, display

paths = pathlib.Path("profiler-reports").glob("*.json")
reports = {path.stem: json.loads(path.read_text()) for path in paths}
display(HTML(filename="profiler-report.html"))
"""


@dataclass(slots=True)
class AllReports(RuleReport):
    """The reports of all rules by name."""

    reports: dict[str, RuleReport] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProfilerReport(ProfilerRule):
    """Fires when any of its rules fires. A rule's parameter is given as ``<Rule>_<parameter>``."""

    rules: tuple[ProfilerRule, ...] = field(default_factory=lambda: tuple(rule() for rule in RULES.values()))

    meaning: ClassVar[str] = (
        "At least one rule about the use of the machines has fired; the report says which."
    )
    remedy: ClassVar[str] = "Open profiler-report.html: it shows each rule with its numbers and what to try."

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> ProfilerReport:
        """Builds the rule from ``RuleParameters``. Raises RuleConfigurationError."""
        of_rule: dict[str, dict[str, Any]] = {name: {} for name in RULES}
        own: dict[str, Any] = {}
        for name, value in parameters.items():
            if name == "scan_interval_us":
                own[name] = int(value)
            elif name != "opt_out_telemetry":  # there is no telemetry to opt out of
                rule, parameter = _rule_and_parameter(name)
                of_rule[rule][parameter] = value
        return cls(rules=tuple(build_rule(RULES[name], given) for name, given in of_rule.items()), **own)

    def parameters(self) -> dict[str, Any]:
        return {
            f"{rule.name}_{name}": value for rule in self.rules for name, value in rule.parameters().items()
        }

    def report(self) -> AllReports:
        return AllReports(reports={rule.name: rule.report() for rule in self.rules})

    def check(self, profile: Profile, report: AllReports) -> Iterator[Finding]:
        for rule in self.rules:
            for finding in rule.check(profile, report.reports[rule.name]):
                message = f"{rule.name}: {finding.message}"
                yield Finding(finding.step, finding.tensor, finding.value, finding.threshold, message)
        report.triggered = sum(part.triggered for part in report.reports.values())
        report.violations = sum(part.violations for part in report.reports.values())

    def write(self, report: AllReports, profile: Profile, output: Path) -> None:
        folder = output / "profiler-output"
        for rule in self.rules:
            document = report.reports[rule.name].document(rule)
            write_report(folder / "profiler-reports" / f"{rule.name}.json", document)
        html = profiler_page(self.rules, report.reports, profile, About(profile.job, time.time()))
        write_text(folder / "profiler-report.html", html)
        write_text(folder / "profiler-report.ipynb", notebook("Profiler report", [NOTEBOOK_CELL]))


def _rule_and_parameter(name: str) -> tuple[str, str]:
    prefix, _, parameter = name.partition("_")
    for rule in RULES:
        if rule.lower() == prefix.lower():
            return rule, parameter
    raise RuleConfigurationError(
        f"ProfilerReport has no parameter '{name}'; give <Rule>_<parameter>, such as CPUBottleneck_threshold"
    )
