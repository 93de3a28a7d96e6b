"""``clary experiments``: experiments, their trials, and a comparison of results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail, say
from clary.cli.experiment_queries import (
    find_components,
    find_experiment,
    find_summaries,
    find_trials,
    names_of,
    offered,
    sort_path,
)
from clary.cli.tables import print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

experiments = typer.Typer(help="Experiments, their trials and their results.", no_args_is_help=True)

Home = Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")]
Experiment = Annotated[str, typer.Argument(help="Name of the experiment.")]

STATISTICS = {"min": "Min", "max": "Max", "avg": "Avg", "last": "Last", "count": "Count", "stddev": "StdDev"}
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@experiments.command("list")
def list_experiments(
    limit: Annotated[int, typer.Option(min=0, help="How many, newest first; 0: all.")] = 20,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List experiments, newest first."""
    sagemaker = _connect(home)
    pages = sagemaker.get_paginator("list_experiments").paginate(
        PaginationConfig={"MaxItems": limit or None, "PageSize": min(limit or 100, 100)}
    )
    found = [
        {
            "ExperimentName": summary["ExperimentName"],
            "CreationTime": summary["CreationTime"].isoformat(),
            "Trials": len(find_trials(sagemaker, summary["ExperimentName"])),
        }
        for page in pages
        for summary in page["ExperimentSummaries"]
    ]
    if as_json:
        _print_json(found)
    elif not found:
        say("there are no experiments yet; docs/user/experiments.md shows how to begin one")
    else:
        rows = [[each["ExperimentName"], _local(each["CreationTime"]), str(each["Trials"])] for each in found]
        print_rows(["Name", "Created", "Trials"], rows)


@experiments.command("show")
def show(name: Experiment, as_json: Json = False, home: Home = None) -> None:
    """Show an experiment: its trials and the components of each."""
    sagemaker = _connect(home)
    experiment = find_experiment(sagemaker, name)
    trials = {
        trial: find_summaries(sagemaker, trial)
        for trial in find_trials(sagemaker, experiment["ExperimentName"])
    }
    if as_json:
        _print_json(
            {
                "ExperimentName": experiment["ExperimentName"],
                "Description": experiment.get("Description", ""),
                "Trials": [
                    {"TrialName": trial, "TrialComponents": [_summary(each) for each in summaries]}
                    for trial, summaries in trials.items()
                ],
            }
        )
        return
    typer.echo(f"{experiment['ExperimentName']}  {experiment.get('Description', '')}".rstrip())
    rows = []
    for trial, summaries in trials.items():
        for each in map(_summary, summaries):
            rows.append([trial, *list(each.values())[:3], _local(each["CreationTime"])])
        if not summaries:
            rows.append([trial, "(no components)", "", "", ""])
    if rows:
        titles = ["Trial", "Component", "Shown as", "Status", "Created"]
        print_rows(titles, rows, grouped=True, heading=1)
    else:
        say("it has no trials yet")


@experiments.command("compare")
def compare(
    name: Experiment,
    metric: Annotated[
        list[str] | None, typer.Option(help="A metric to show, all by default; may be repeated.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(help="A parameter to show, by default those that differ, or only some have."),
    ] = None,
    statistic: Annotated[
        str, typer.Option(help="Of each metric: min, max, avg, last, count or stddev.")
    ] = "last",
    sort: Annotated[
        str,
        typer.Option(
            help="A metric, a parameter, or a property of Search such as metrics.test:accuracy.max."
        ),
    ] = "CreationTime",
    descending: Annotated[bool, typer.Option("--descending", help="Greatest or newest first.")] = False,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Compare the components of an experiment: their differences and results."""
    from clary.cli.comparison import compared
    from clary.cli.experiment_rows import metrics_of, parameters_of

    if statistic.lower() not in STATISTICS:
        fail(f"--statistic is {statistic}; it can be {', '.join(STATISTICS)}")
    wanted = STATISTICS[statistic.lower()]
    sagemaker = _connect(home)
    components = find_components(sagemaker, name)
    known_parameters = names_of(parameters_of(component) for component in components)
    known_metrics = names_of(metrics_of(component) for component in components)
    parameters = _chosen("--parameter", parameter, known_parameters)
    metrics = _chosen("--metric", metric, known_metrics)
    if sort != "CreationTime" or descending:
        path = sort_path(sort, wanted, components, known_metrics, known_parameters)
        components = find_components(sagemaker, name, sort_by=path, ascending=not descending)
    if as_json:
        _print_json([_compared(component, parameters, metrics) for component in components])
        return
    tables = compared(
        components,
        wanted,
        parameters=parameters if parameter is not None else None,
        metrics=metrics if metric is not None else None,
    )
    for number, table in enumerate(tables):
        if len(tables) > 1:
            typer.echo(f"{chr(10) if number else ''}{table.kind}")
        print_rows(table.titles, table.rows, may_leave_out=table.may_leave_out)


@experiments.command("export")
def export(
    name: Experiment,
    to: Annotated[Path, typer.Option("--to", help="The file: .csv or .parquet.")],
    home: Home = None,
) -> None:
    """Write every component of an experiment, with all its data, into one table."""
    from clary.cli.experiment_rows import row_of, write_csv, write_parquet

    if to.suffix not in (".csv", ".parquet"):
        fail(f"{to}: the name of the file has to end in .csv or .parquet")
    rows = [row_of(component) for component in find_components(_connect(home), name)]
    try:
        write_csv(rows, to) if to.suffix == ".csv" else write_parquet(rows, to)
    except ModuleNotFoundError:
        fail("Parquet needs pyarrow beside clary: install pyarrow, or export to a .csv")
    except OSError as error:
        fail(f"{to} can't be written: {error.strerror}")
    say(f"{len(rows)} components are in {to}")


def _connect(home: Path | None) -> Any:
    from clary.cli.client import connect

    return connect(home).client("sagemaker")


def _summary(component: dict[str, Any]) -> dict[str, str]:
    return {
        "TrialComponentName": component["TrialComponentName"],
        "DisplayName": component.get("DisplayName", ""),
        "Status": component.get("Status", {}).get("PrimaryStatus", ""),
        "CreationTime": component["CreationTime"].isoformat(),
    }


def _compared(component: dict[str, Any], parameters: Sequence[str], metrics: Sequence[str]) -> dict[str, Any]:
    from clary.cli.experiment_rows import metrics_of, parameters_of

    values, results = parameters_of(component), metrics_of(component)
    return {
        **_summary(component),
        "Trials": sorted(parent["TrialName"] for parent in component.get("Parents", ())),
        "Parameters": {key: values[key] for key in parameters if key in values},
        "Metrics": {key: results[key] for key in metrics if key in results},
    }


def _chosen(option: str, wanted: list[str] | None, known: Sequence[str]) -> list[str]:
    """Returns the requested names, or all; ends the command when no component has one of them."""
    for name in wanted or ():
        if name not in known:
            fail(f"{option} {name}: no component has it{offered(name, known)}")
    return list(known if wanted is None else wanted)


def _print_json(found: Any) -> None:
    import json

    typer.echo(json.dumps(found, indent=2))


def _local(at: str) -> str:
    """at: in ISO 8601."""
    import datetime

    return datetime.datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
