"""``clary rules``: what the rules of a training job have found, what it means, and what to try."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from clary.cli.console import fail

STYLES = {
    "NoIssuesFound": "green",
    "IssuesFound": "red",
    "Error": "red",
    "Stopped": "yellow",
    "Stopping": "yellow",
    "InProgress": "cyan",
}
MOST_SHOWN = 5
WITHOUT_A_TERMINAL = 160
"""Columns."""


def rules(
    job: Annotated[str, typer.Argument(help="Name of the training job.")],
    every: Annotated[bool, typer.Option("--all", help="Show every firing, not the first few.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
) -> None:
    """Show what the rules of a training job have found."""
    from botocore.exceptions import ClientError
    from rich.console import Console

    from clary.cli.client import connect
    from clary.domain.rules import STATUSES_OF, rule_output_uri, rules_of

    connection = connect(home)
    try:
        record = connection.client("sagemaker").describe_training_job(TrainingJobName=job)
    except ClientError as error:
        fail(f"{job}: {error.response['Error']['Message']}")
    outputs = {rule.name: rule_output_uri(record, rule) for rule in rules_of(record)}
    statuses = [status for member in STATUSES_OF.values() for status in record.get(member, [])]
    if not statuses:
        typer.echo(f"{job} has no rules.")
        return
    console = Console(width=None if sys.stdout.isatty() else WITHOUT_A_TERMINAL, highlight=False)
    s3 = connection.client("s3")
    for status in statuses:
        name, found = status["RuleConfigurationName"], status["RuleEvaluationStatus"]
        console.print(f"[bold]{name}[/]  [{STYLES[found]}]{found}[/]")
        firings = _lines_of(s3, f"{outputs[name]}findings.jsonl")
        _print_firings(console, firings if every else firings[:MOST_SHOWN], len(firings))
        meaning = _document_of(s3, f"{outputs[name]}rule.json") if firings else {}
        said = [meaning.get("Meaning"), meaning.get("Remedy")] if meaning else _rest(status)
        for sentence in filter(None, said):
            console.print(f"  {sentence}", markup=False)


def _print_firings(console: Any, firings: list[dict[str, Any]], count: int) -> None:
    from rich.table import Table

    if not firings:
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 2))
    for title in ("Step", "Tensor", "What was seen"):
        table.add_column(title, justify="right" if title == "Step" else "left", overflow="fold")
    for firing in firings:
        table.add_row(str(firing["Step"]), firing["Tensor"], firing["Message"])
    console.print(table)
    if count > len(firings):
        console.print(f"  and {count - len(firings)} more: --all shows them")


def _rest(status: dict[str, Any]) -> list[str]:
    details: str = status.get("StatusDetails", "")
    return details.splitlines()


def _document_of(s3: Any, uri: str) -> dict[str, Any]:
    content = _read(s3, uri)
    found: dict[str, Any] = json.loads(content) if content else {}
    return found


def _lines_of(s3: Any, uri: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _read(s3, uri).splitlines()]


def _read(s3: Any, uri: str) -> bytes:
    """Empty when it is not there: a rule that found nothing wrote nothing."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
            return b""
        raise
    return content
