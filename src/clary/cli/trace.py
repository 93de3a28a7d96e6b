"""``clary trace``: what a model was made from, back to the first data."""

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
        str, typer.Argument(help="A model, data set, job or trial component: its s3:// URI, ARN or name.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the tree as JSON.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
) -> None:
    """Show what something was made from: jobs, scripts, parameters and data, back to the first."""
    from dataclasses import asdict

    from botocore.exceptions import ClientError
    from rich.console import Console

    from clary.cli.client import connect
    from clary.cli.lineage_tree import lineage_tree
    from clary.cli.origins import find_vertex

    sagemaker = connect(home).client("sagemaker")
    try:
        root = lineage_tree(sagemaker, find_vertex(sagemaker, what))
    except ClientError as error:
        fail(f"{what}: {error.response['Error']['Message']}")
    if as_json:
        typer.echo(json.dumps(asdict(root), indent=2))
        return
    # Names are there to be copied: into a pipe they go whole.
    Console(width=None if sys.stdout.isatty() else 1000).print(_drawn(root))


def _drawn(vertex: Vertex, into: Tree | None = None) -> Tree:
    from rich.tree import Tree

    branch = Tree(_line(vertex)) if into is None else into.add(_line(vertex))
    for title, values in (("parameters", vertex.parameters), ("metrics", vertex.metrics)):
        if values:
            said = ", ".join(f"{key}={_spelled(value)}" for key, value in values.items())
            branch.add(_text(f"{title}  ", "dim", said))
    for each in vertex.made_from:
        _drawn(each, branch)
    return branch


def _line(vertex: Vertex) -> Any:
    told = [vertex.name] if vertex.name != vertex.uri else []
    if vertex.uri and vertex.kind != "image":
        # The name of a model that was not given one is the end of its place.
        told = [vertex.uri] if vertex.uri.endswith(vertex.name) else [vertex.name, vertex.uri]
    if vertex.kind == "image":
        told = [vertex.uri]
    told += [each for each in (vertex.status, vertex.created if not vertex.uri else "") if each]
    if vertex.again:
        told.append("(told elsewhere)")
    # A component was made again from one; an artifact lies in one that was written as a whole.
    derived = "again, as " if ":experiment-trial-component/" in vertex.arn else "out of "
    how = {"DerivedFrom": derived, "AssociatedWith": "beside "}.get(vertex.edge, "")
    if vertex.edge.startswith("in trial "):
        how = f"{vertex.edge}: "
    return _text(f"{how}{vertex.kind}  ", "bold", "  ".join(told))


def _text(title: str, style: str, rest: str) -> Any:
    from rich.text import Text

    return Text.assemble((title, style), rest)


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
