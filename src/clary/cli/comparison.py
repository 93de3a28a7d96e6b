"""The components of an experiment side by side: training apart from what was done before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.cli.experiment_queries import names_of
from clary.cli.experiment_rows import SCRIPT_MODE, metrics_of, parameters_of
from clary.cli.tables import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

Component = dict[str, Any]

TRAINING, PROCESSING = "Training", "Processing"

CHOSEN = ("SageMaker.InstanceType", "SageMaker.InstanceCount")
"""Of the parameters that the platform notes; the others are there for ``clary trace``."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table. may_leave_out: titles of columns, the first to go first, where the terminal is narrow."""

    kind: str
    titles: list[str]
    rows: list[list[str]]
    may_leave_out: list[str]


def compared(
    components: Sequence[Component],
    statistic: str,
    *,
    parameters: Sequence[str] | None,
    metrics: Sequence[str] | None,
) -> list[Comparison]:
    """A table of each kind that there is, in the order of the components.

    parameters, metrics: those to show; None: the parameters that differ, and all metrics.
    """
    kinds = {kind: [each for each in components if kind_of(each) == kind] for kind in (TRAINING, PROCESSING)}
    return [
        _table(kind, of_kind, statistic, parameters, metrics) for kind, of_kind in kinds.items() if of_kind
    ]


def kind_of(component: Component) -> str:
    """What was logged by hand and has no metric is preparation, like a processing job."""
    source = component.get("Source", {}).get("SourceArn", "")
    if ":processing-job/" in source or ":transform-job/" in source:
        return PROCESSING
    return TRAINING if source or component.get("Metrics") else PROCESSING


def differing(parameters: Sequence[dict[str, Any]]) -> list[str]:
    """Returns the parameters whose values differ between components, or that only some of them have."""
    keys = [
        key
        for key in names_of(parameters)
        if key not in SCRIPT_MODE and (key in CHOSEN or not key.startswith("SageMaker."))
    ]
    if len(parameters) < 2:
        return keys
    return [key for key in keys if len({known.get(key, _MISSING) for known in parameters}) > 1]


_MISSING = object()


def _table(
    kind: str,
    components: Sequence[Component],
    statistic: str,
    parameters: Sequence[str] | None,
    metrics: Sequence[str] | None,
) -> Comparison:
    values = [parameters_of(component) for component in components]
    results = [metrics_of(component) for component in components]
    statuses = [component.get("Status", {}).get("PrimaryStatus", "") for component in components]
    told = ["Status"] if set(statuses) - {"Completed", ""} else []
    if parameters is None:
        keys = differing(values)
    else:
        keys = [key for key in parameters if any(key in each for each in values)]
    names = [name for name in names_of(results) if metrics is None or name in metrics]
    named, titles = _names(components)
    rows = [
        [
            *names_of_row,
            *([status] if told else []),
            *(spelled(value.get(key)) for key in keys),
            *(spelled(result.get(name, {}).get(statistic)) for name in names),
        ]
        for names_of_row, status, value, result in zip(named, statuses, values, results, strict=True)
    ]
    # What was asked for by name stays; of the rest, the first metric says most.
    may_leave_out = [*reversed(keys)] if parameters is None else []
    if len({row[0] for row in rows}) == len(rows):
        may_leave_out.append("Trial")
    may_leave_out += reversed(names[1:]) if metrics is None else ()
    return Comparison(kind, [*titles, *told, *keys, *names], rows, may_leave_out)


def _names(components: Sequence[Component]) -> tuple[list[list[str]], list[str]]:
    """What each row is called, and the titles: the component's name too where the others are not enough."""
    rows = [[_display_name(component), _trials(component)] for component in components]
    if len({tuple(row) for row in rows}) == len(rows):
        return rows, ["Name", "Trial"]
    full = [[*row, component["TrialComponentName"]] for row, component in zip(rows, components, strict=True)]
    return full, ["Name", "Trial", "Component"]


def _display_name(component: Component) -> str:
    """A job that was given none is called by its own name."""
    name = str(component.get("DisplayName") or component["TrialComponentName"])
    return name.removesuffix("-aws-training-job").removesuffix("-aws-processing-job")


def _trials(component: Component) -> str:
    trials = sorted(parent["TrialName"] for parent in component.get("Parents", ()))
    return trials[0] if len(trials) == 1 else f"{len(trials)} trials"
