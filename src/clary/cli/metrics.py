"""``clary metrics``: the curves of a job's metrics, drawn in the terminal."""

from __future__ import annotations

import json
import shutil
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clary.cli.console import fail, printable, say

if TYPE_CHECKING:
    from clary.cli.metric_curves import MetricCurve

MOST_CURVES = 6
"""Shown without --name; more would fill several screens."""
HEIGHT = 13
WIDEST = 120
PIPE_WIDTH = 80


def metrics(
    job_name: Annotated[str, typer.Argument(metavar="JOB", help="Name or ARN of a job.")],
    names: Annotated[
        list[str] | None,
        typer.Option("--name", help="Only this metric; * is any text. May be given several times."),
    ] = None,
    processing: Annotated[
        bool, typer.Option("--processing", help="The processing job, where a training job has that name too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every point instead of curves.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Draw the metrics of a training or processing job, from its first point to its last."""
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.experiment_queries import offered
    from clary.cli.find_jobs import find_job, refusal
    from clary.cli.job_kinds import RUNNING
    from clary.cli.metric_curves import curves_of, metric_names

    connection = connect(home)
    sagemaker = connection.client("sagemaker")
    try:
        kind, job = find_job(sagemaker, job_name, processing=processing, kinds=RUNNING)
        known = metric_names(connection, kind, job)
        chosen = [name for name in known if any(fnmatchcase(name, wish) for wish in names or ["*"])]
        if known and not chosen:
            fail(f"{job_name} has no metric {', '.join(names or [])}{offered((names or [''])[0], known)}")
        shown = chosen if names or as_json else chosen[:MOST_CURVES]
        found = list(curves_of(connection, kind, job, shown))
    except ClientError as error:
        fail(refusal(sagemaker, job_name, error))
    if as_json:
        typer.echo(json.dumps([_document(curve) for curve in found], indent=2))
        return
    if not found:
        say(f"{job_name} has no metrics; a MetricDefinition finds them in its log, clary train has --metric")
        return
    width = min(WIDEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else PIPE_WIDTH
    for curve in found:
        typer.echo(drawn(curve, width))
    if len(chosen) > len(shown):
        say(f"{len(chosen) - len(shown)} more: {', '.join(chosen[len(shown) :])}. Choose with --name.")


def drawn(curve: MetricCurve, width: int) -> str:
    """Returns a heading with the curve below it."""
    import plotext

    from clary.cli.metric_curves import summary

    points = curve.reduced(4 * width)
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, HEIGHT)
    signal = figure.signal(points.x_values, points.values, marker="braille")
    signal.lines()
    figure.draw(signal)
    figure.label(curve.axis, "x")
    # plotext's themes paint a background that ignores the colours of the terminal.
    picture = figure.build().string(colorless=True).rstrip()
    return f"{printable(curve.name)}\n{summary(curve)}\n{picture}\n"


def _document(curve: MetricCurve) -> dict[str, object]:
    axis = f"{curve.axis.capitalize()}s"
    return {"MetricName": curve.name, axis: curve.x_values, "Values": curve.values}
