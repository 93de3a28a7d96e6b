"""Options of ``clary tune`` as members of a request. Each function ends the command with a message when its
option is not valid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.cli.console import fail
from clary.cli.train_options import metric_definitions, pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

Document = dict[str, Any]

STRATEGIES = {"bayesian": "Bayesian", "random": "Random", "grid": "Grid", "hyperband": "Hyperband"}
SCALES = {"log": "Logarithmic", "reverse-log": "ReverseLogarithmic", "linear": "Linear"}
TRIALS = 20

_FORM = "NAME=LOW..HIGH or NAME=a,b,c"


@dataclass(frozen=True, slots=True)
class TuningMetric:
    """definition: its name and the regular expression of its lines."""

    definition: Document
    maximize: bool


def objective(maximize: str | None, minimize: str | None) -> TuningMetric:
    spec = maximize or minimize
    if spec is None or (maximize and minimize):
        fail(
            "say what to optimize: --maximize NAME=REGEX or --minimize NAME=REGEX, "
            "as in 'loss=loss: ([0-9.]+)'"
        )
    [definition] = metric_definitions([spec])
    return TuningMetric(definition, maximize is not None)


def parameter_ranges(specs: Sequence[str] | None) -> Document:
    """Whole numbers at both ends make a range of whole numbers."""
    found: Document = {}
    for name, text in pairs("--range", specs, _FORM).items():
        kind, member = _range(name, text)
        found.setdefault(kind, []).append(member)
    if not found:
        fail(f"say what to search: --range {_FORM}, as in --range lr=1e-5..1e-1 --range layers=1..8")
    return found


def _range(name: str, text: str) -> tuple[str, Document]:
    if ".." not in text:
        return "CategoricalParameterRanges", {"Name": name, "Values": text.split(",")}
    ends, _, scale = text.partition(":")
    low, _, high = ends.partition("..")
    if scale and scale not in SCALES:
        fail(f"--range {name}={text}: a scale is :{', :'.join(SCALES)}")
    whole = all(re.fullmatch(r"[+-]?\d+", end) for end in (low, high))
    kind = "IntegerParameterRanges" if whole else "ContinuousParameterRanges"
    scaling = SCALES.get(scale, "Auto")
    return kind, {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}


def tuning_config(
    strategy: str,
    metric: TuningMetric,
    ranges: Document,
    *,
    trials: int | None,
    parallel: int,
    target: float | None,
    seed: int | None,
) -> Document:
    """HyperParameterTuningJobConfig."""
    if strategy.lower() not in STRATEGIES:
        fail(f"--strategy {strategy}: choose {', '.join(STRATEGIES)}")
    grid = strategy.lower() == "grid"
    count = trials if trials is not None or grid else TRIALS
    limits: Document = {"MaxParallelTrainingJobs": parallel}
    if count is not None:
        limits |= {"MaxNumberOfTrainingJobs": count, "MaxParallelTrainingJobs": min(parallel, count)}
    config: Document = {
        "Strategy": STRATEGIES[strategy.lower()],
        "HyperParameterTuningJobObjective": {
            "Type": "Maximize" if metric.maximize else "Minimize",
            "MetricName": metric.definition["Name"],
        },
        "ResourceLimits": limits,
        "ParameterRanges": ranges,
    }
    if target is not None:
        config["TuningJobCompletionCriteria"] = {"TargetObjectiveMetricValue": target}
    return config | ({"RandomSeed": seed} if seed is not None else {})


def static_arguments(arguments: Sequence[str]) -> dict[str, str]:
    """Arguments after ``--`` as hyperparameters: ``--name value`` or ``--name=value``."""
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, separator, value = rest.pop(0).partition("=")
        if not name.startswith("--") or (not separator and not rest):
            fail(f"{name}: arguments of all trials are written --name value; a flag has no value to keep")
        found[name[2:]] = value if separator else rest.pop(0)
    return found
