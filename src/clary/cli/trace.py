"""``clary trace``: what a model was made from, or what was made from data or a script."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail

if TYPE_CHECKING:
    from rich.tree import Tree

    from clary.cli.lineage_tree import Vertex


def trace(
    what: Annotated[
        str,
        typer.Argument(
            help="A model, data set, job, endpoint or trial component: its s3:// URI, ARN or name."
        ),
    ],
    forward: Annotated[
        bool,
        typer.Option("--forward", help="Show what was made from it instead; also for a script: train.py."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the tree as JSON.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Show what something was made from: jobs, scripts, parameters and data, back to the first."""
    from dataclasses import asdict

    from botocore.exceptions import ClientError
    from rich.console import Console

    from clary.cli.client import connect
    from clary.cli.lineage_tree import descent_tree, lineage_tree
    from clary.cli.origins import find_vertex
    from clary.cli.trace_starts import find_starts

    connection = connect(home)
    sagemaker = connection.client("sagemaker")
    try:
        if forward:
            roots = [descent_tree(sagemaker, arn) for arn in find_starts(sagemaker, what)]
        else:
            roots = [lineage_tree(sagemaker, find_vertex(sagemaker, what), connection.client("s3"))]
    except ClientError as error:
        fail(f"{what}: {error.response['Error']['Message']}")
    if as_json:
        told = [asdict(root) for root in roots]
        typer.echo(json.dumps(told if forward else told[0], indent=2))
        return
    # A pipe gets long lines unbroken, so that names can be copied.
    console = Console(width=None if sys.stdout.isatty() else 1000)
    for root in roots:
        console.print(_drawn(root))


def _drawn(vertex: Vertex, into: Tree | None = None, *, forward: bool = False) -> Tree:
    from rich.tree import Tree

    line = _line(vertex, forward=forward)
    branch = Tree(line) if into is None else into.add(line)
    if vertex.ran:
        branch.add(_text("ran  ", "dim", vertex.ran))
    for title, values in (("parameters", vertex.parameters), ("metrics", vertex.metrics)):
        if values:
            said = ", ".join(f"{key}={_spelled(value)}" for key, value in values.items())
            branch.add(_text(f"{title}  ", "dim", said))
    for each in vertex.made_from:
        _drawn(each, branch)
    for each in vertex.came_of_it:
        _drawn(each, branch, forward=True)
    return branch


def _line(vertex: Vertex, *, forward: bool) -> Any:
    told = [vertex.name] if vertex.name != vertex.uri else []
    if vertex.uri and vertex.kind != "image":
        # The default name of a model is the end of its location.
        told = [vertex.uri] if vertex.uri.endswith(vertex.name) else [vertex.name, vertex.uri]
    if vertex.kind == "image":
        told = [vertex.uri]
    told += [each for each in (vertex.status, vertex.created if not vertex.uri else "") if each]
    if vertex.again:
        told.append("(told elsewhere)")
    if vertex.now:
        told.append(f"({vertex.now})")
    # DerivedFrom means "run again" between components and "lies in" between artifacts.
    if ":experiment-trial-component/" in vertex.arn:
        derived = "run again: " if forward else "again, as "
    else:
        derived = "in it: " if forward else "out of "
    how = {"DerivedFrom": derived, "AssociatedWith": "beside "}.get(vertex.edge, "")
    if vertex.edge.startswith("in trial "):
        how = f"{vertex.edge}: "
    return _text(f"{how}{vertex.kind}  ", "bold", "  ".join(told))


def _text(title: str, style: str, rest: str) -> Any:
    from rich.text import Text

    return Text.assemble((title, style), rest)


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
