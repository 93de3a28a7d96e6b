"""Tables that compare the components of an experiment: one for training, one for processing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.cli.experiment_queries import names_of
from clary.cli.experiment_rows import SCRIPT_MODE, metrics_of, parameters_of
from clary.cli.tables import spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Component = dict[str, Any]

TRAINING, PROCESSING = "Training", "Processing"

CHOSEN = ("SageMaker.InstanceType", "SageMaker.InstanceCount")
"""Parameters of the platform that are compared; its other parameters are for ``clary trace``."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table. may_leave_out: titles of columns in the order in which a narrow terminal leaves them out."""

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
    """Returns a table for each kind, in the order of the components.

    parameters, metrics: the names to show; None: the parameters that differ, and all metrics.
    """
    kinds = {kind: [each for each in components if kind_of(each) == kind] for kind in (TRAINING, PROCESSING)}
    return [
        _table(kind, of_kind, statistic, parameters, metrics) for kind, of_kind in kinds.items() if of_kind
    ]


def kind_of(component: Component) -> str:
    """Returns TRAINING or PROCESSING. Components that callers logged without metrics are processing."""
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
    naming = _naming(components)
    rows = [
        [
            *names_of_row,
            *([status] if told else []),
            *(spelled(value.get(key)) for key in keys),
            *(spelled(result.get(name, {}).get(statistic)) for name in names),
        ]
        for names_of_row, status, value, result in zip(naming.rows, statuses, values, results, strict=True)
    ]
    # Columns that were asked for by name stay. Of the other metrics the first one is the most useful.
    may_leave_out = [*naming.redundant] if naming.by_component else []
    may_leave_out += reversed(keys) if parameters is None else ()
    may_leave_out += () if naming.by_component else naming.redundant
    may_leave_out += reversed(names[1:]) if metrics is None else ()
    return Comparison(kind, [*naming.titles, *told, *keys, *names], rows, may_leave_out)


@dataclass(frozen=True, slots=True)
class _Naming:
    """The first columns of a table. Every row can be told from the others without the redundant ones."""

    titles: list[str]
    rows: list[list[str]]
    redundant: list[str]
    by_component: bool = False


def _naming(components: Sequence[Component]) -> _Naming:
    """Rows are named by display name, or with their trial, or by component where these are not unique."""
    rows = [[_display_name(component), _trials(component)] for component in components]
    if _unique(row[0] for row in rows):
        return _Naming(["Name", "Trial"], rows, ["Trial"])
    if _unique(tuple(row) for row in rows):
        return _Naming(["Name", "Trial"], rows, [])
    full = [component["TrialComponentName"] for component in components]
    short = [_without_suffix(name) for name in full]
    names = short if _unique(short) else full
    by_component = [[name, *row] for name, row in zip(names, rows, strict=True)]
    return _Naming(["Component", "Name", "Trial"], by_component, ["Name", "Trial"], by_component=True)


def _unique(values: Iterable[object]) -> bool:
    listed = list(values)
    return len(set(listed)) == len(listed)


def _display_name(component: Component) -> str:
    """Returns the display name; the job's name if the component has none."""
    return _without_suffix(str(component.get("DisplayName") or component["TrialComponentName"]))


def _without_suffix(name: str) -> str:
    """A component that the platform makes has the name of its job and a suffix."""
    return name.removesuffix("-aws-training-job").removesuffix("-aws-processing-job")


def _trials(component: Component) -> str:
    trials = sorted(parent["TrialName"] for parent in component.get("Parents", ()))
    return trials[0] if len(trials) == 1 else f"{len(trials)} trials"
