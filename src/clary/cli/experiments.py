"""``clary experiments``: what was tried, what came of it, side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

experiments = typer.Typer(help="Experiments, their trials and what came of them.", no_args_is_help=True)

Home = Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")]
Experiment = Annotated[str, typer.Argument(help="Name of the experiment.")]

STATISTICS = {"min": "Min", "max": "Max", "avg": "Avg", "last": "Last", "count": "Count", "stddev": "StdDev"}
SCRIPT_MODE = frozenset(
    {
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "sagemaker_program",
        "sagemaker_region",
        "sagemaker_submit_directory",
    }
)
"""Hyperparameters that the SDK adds to everybody's."""

STYLES = {"Completed": "green", "Failed": "red", "Stopped": "yellow", "InProgress": "cyan"}


@experiments.command("list")
def list_experiments(
    limit: Annotated[int, typer.Option(help="How many, newest first; 0: all.")] = 20, home: Home = None
) -> None:
    """List experiments, newest first."""
    sagemaker = _connect(home)
    table = _table("Name", "Created", "Trials")
    pages = sagemaker.get_paginator("list_experiments").paginate(
        PaginationConfig={"MaxItems": limit or None, "PageSize": min(limit or 100, 100)}
    )
    for page in pages:
        for summary in page["ExperimentSummaries"]:
            name = summary["ExperimentName"]
            table.add_row(name, _local(summary["CreationTime"]), str(len(_trials(sagemaker, name))))
    _print(table)


@experiments.command("show")
def show(name: Experiment, home: Home = None) -> None:
    """Show an experiment: its trials and the components of each."""
    from botocore.exceptions import ClientError

    sagemaker = _connect(home)
    try:
        experiment = sagemaker.describe_experiment(ExperimentName=name)
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    typer.echo(f"{experiment['ExperimentName']}  {experiment.get('Description', '')}".rstrip())
    table = _table("Trial", "Component", "Shown as", "Status", "Created")
    for trial in _trials(sagemaker, name):
        pages = sagemaker.get_paginator("list_trial_components").paginate(
            TrialName=trial, SortBy="CreationTime", SortOrder="Ascending"
        )
        first = trial
        for page in pages:
            for summary in page["TrialComponentSummaries"]:
                status = summary.get("Status", {}).get("PrimaryStatus", "")
                table.add_row(
                    first,
                    summary["TrialComponentName"],
                    summary.get("DisplayName", ""),
                    f"[{STYLES.get(status, 'default')}]{status}[/]",
                    _local(summary["CreationTime"]),
                )
                first = ""
        if first:
            table.add_row(first, "", "", "", "")
    _print(table)


@experiments.command("compare")
def compare(
    name: Experiment,
    metric: Annotated[
        list[str] | None, typer.Option(help="A metric to show; may be repeated [default: all].")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(help="A parameter to show; may be repeated [default: those that differ]."),
    ] = None,
    statistic: Annotated[
        str, typer.Option(help="Of each metric: min, max, avg, last, count or stddev.")
    ] = "last",
    sort: Annotated[
        str, typer.Option(help="What to sort by, such as metrics.test:accuracy.max.")
    ] = "CreationTime",
    descending: Annotated[bool, typer.Option("--descending", help="Greatest or newest first.")] = False,
    home: Home = None,
) -> None:
    """Compare the components of an experiment: what differs, and what came of it."""
    from clary.cli.experiment_rows import parameters_of

    if statistic.lower() not in STATISTICS:
        fail(f"--statistic is {statistic}; it can be {', '.join(STATISTICS)}")
    components = _components(_connect(home), name, sort_by=sort, ascending=not descending)
    parameters = parameter or _differing([parameters_of(component) for component in components])
    metrics = metric or list(
        dict.fromkeys(known["MetricName"] for one in components for known in one.get("Metrics", ()))
    )
    table = _table("Component", "Trial", *parameters, *metrics)
    for component in components:
        values = parameters_of(component)
        results = {
            known["MetricName"]: known.get(STATISTICS[statistic.lower()])
            for known in component.get("Metrics", ())
        }
        table.add_row(
            component["TrialComponentName"],
            _trials_cell(component),
            *(_spell(values.get(key)) for key in parameters),
            *(_spell(results.get(key)) for key in metrics),
        )
    _print(table)


@experiments.command("export")
def export(
    name: Experiment,
    to: Annotated[Path, typer.Option("--to", help="The file: .csv or .parquet.")],
    home: Home = None,
) -> None:
    """Write every component of an experiment, with all that is known of it, into one table."""
    from clary.cli.experiment_rows import row_of, write_csv, write_parquet

    if to.suffix not in (".csv", ".parquet"):
        fail(f"{to}: the name of the file has to end in .csv or .parquet")
    rows = [row_of(component) for component in _components(_connect(home), name)]
    if to.suffix == ".csv":
        write_csv(rows, to)
    else:
        try:
            write_parquet(rows, to)
        except ModuleNotFoundError:
            fail("Parquet needs pyarrow beside clary: install pyarrow, or export to a .csv")
    say(f"{len(rows)} components are in {to}")


def _connect(home: Path | None) -> Any:
    from clary.cli.client import connect

    return connect(home).client("sagemaker")


def _components(sagemaker: Any, experiment: str, **order: Any) -> list[dict[str, Any]]:
    """Ends the command with a sentence when there is no such experiment, or nothing in it."""
    from botocore.exceptions import ClientError

    from clary.cli.experiment_rows import components_of

    try:
        name = sagemaker.describe_experiment(ExperimentName=experiment)["ExperimentName"]
        components = list(components_of(sagemaker, name, **order))
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    if not components:
        fail(f"experiment {name} has no trial components yet")
    return components


def _trials(sagemaker: Any, experiment: str) -> list[str]:
    pages = sagemaker.get_paginator("list_trials").paginate(
        ExperimentName=experiment, SortBy="CreationTime", SortOrder="Ascending"
    )
    return [summary["TrialName"] for page in pages for summary in page["TrialSummaries"]]


def _differing(parameters: Sequence[dict[str, Any]]) -> list[str]:
    """Those that components have different values of; script mode's own are for no eye to compare."""
    keys = [
        key for key in dict.fromkeys(key for known in parameters for key in known) if key not in SCRIPT_MODE
    ]
    if len(parameters) < 2:
        return keys
    return [key for key in keys if len({known[key] for known in parameters if key in known}) > 1]


def _trials_cell(component: dict[str, Any]) -> str:
    trials = sorted(parent["TrialName"] for parent in component.get("Parents", ()))
    return trials[0] if len(trials) == 1 else f"{len(trials)} trials"


def _spell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.6g}"


def _local(at: Any) -> str:
    return str(at.astimezone().strftime("%Y-%m-%d %H:%M:%S"))


def _table(*titles: str) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _print(table: Table) -> None:
    from rich.console import Console

    # Names are there to be copied: into a pipe they go whole.
    Console(width=None if sys.stdout.isatty() else 320).print(table)
