"""``clary rules``: the findings of a training job's rules, their meaning, and what to try."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail
from clary.cli.tables import PIPE_WIDTH

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {
    "NoIssuesFound": "green",
    "IssuesFound": "red",
    "Error": "red",
    "Stopped": "yellow",
    "Stopping": "yellow",
    "InProgress": "cyan",
}
MOST_SHOWN = 5
LONGEST_LINE = 100
"""The width of a sentence in a terminal. A pipe gets it as one line."""
INDENT = 2


def rules(
    job: Annotated[str, typer.Argument(help="Name of the training job.")],
    every: Annotated[bool, typer.Option("--all", help="Show every firing, not the first few.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: every rule with all firings.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Show what the rules of a training job have found."""
    from botocore.exceptions import ClientError, ParamValidationError
    from rich.console import Console

    from clary.cli.client import connect
    from clary.cli.find_jobs import refusal
    from clary.domain.rules import STATUSES_OF, rule_output_uri, rules_of

    connection = connect(home)
    sagemaker = connection.client("sagemaker")
    try:
        record = sagemaker.describe_training_job(TrainingJobName=job)
    except ClientError as error:
        fail(refusal(sagemaker, job, error))
    except ParamValidationError as error:
        fail(f"{job!r} is no name of a job: {error}")
    outputs = {rule.name: rule_output_uri(record, rule) for rule in rules_of(record)}
    statuses = [status for member in STATUSES_OF.values() for status in record.get(member, [])]
    if as_json:
        s3 = connection.client("s3")
        found = [
            {**status, "Firings": _lines_of(s3, f"{outputs[status['RuleConfigurationName']]}findings.jsonl")}
            for status in statuses
        ]
        typer.echo(json.dumps(found, indent=2, default=str))
        return
    if not statuses:
        typer.echo(f"{job} has no rules.")
        return
    # What is printed is data: nothing in it is markup, an emoji code or a number to be coloured.
    console = Console(
        width=None if sys.stdout.isatty() else PIPE_WIDTH, markup=False, emoji=False, highlight=False
    )
    s3 = connection.client("s3")
    widest = max(len(status["RuleConfigurationName"]) for status in statuses)
    for number, status in enumerate(statuses):
        if number:
            console.print()
        _print_rule(console, s3, status, outputs[status["RuleConfigurationName"]], widest, every=every)


def _print_rule(
    console: Console, s3: Any, status: dict[str, Any], output: str, widest: int, *, every: bool
) -> None:
    """output: the folder of what the rule wrote. widest: characters of the longest rule's name."""
    from rich.text import Text

    firings = _lines_of(s3, f"{output}findings.jsonl")
    found = status["RuleEvaluationStatus"]
    console.print(
        Text.assemble(
            (status["RuleConfigurationName"].ljust(widest), "bold"),
            "  ",
            (found, STYLES.get(found, "")),
            (_counted(firings), "dim"),
        )
    )
    if firings:
        _print_firings(console, firings if every else firings[:MOST_SHOWN], len(firings))
    meaning = _document_of(s3, f"{output}rule.json") if firings else {}
    # A custom rule, and a rule that failed, has its message in the details only.
    said = [meaning.get("Meaning"), meaning.get("Remedy")] if meaning else _details(status)
    for sentence in filter(None, said):
        _print_sentence(console, sentence)


def _counted(firings: list[dict[str, Any]]) -> str:
    if not firings:
        return ""
    steps = [firing["Step"] for firing in firings]
    first, last = min(steps), max(steps)
    when = f"at step {first}" if first == last else f"at steps {first} to {last}"
    return f"  {len(firings):,} firing{'s' if len(firings) > 1 else ''} {when}"


def _print_firings(console: Console, firings: list[dict[str, Any]], count: int) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, INDENT, 0, 0))
    for title in ("Step", "Tensor", "What was seen"):
        table.add_column(title, justify="right" if title == "Step" else "left", overflow="fold")
    for firing in firings:
        table.add_row(str(firing["Step"]), Text(firing["Tensor"]), Text(firing["Message"]))
    console.print(Padding(table, (0, 0, 0, INDENT), expand=False))
    if count > len(firings):
        _print_sentence(console, f"and {count - len(firings):,} more: --all shows them", style="dim")


def _print_sentence(console: Console, sentence: str, *, style: str = "") -> None:
    from rich.padding import Padding
    from rich.text import Text

    width = min(console.width, LONGEST_LINE) if console.is_terminal else None
    console.print(
        Padding(Text(sentence, style), (0, 0, 0, INDENT), expand=False), width=width, soft_wrap=width is None
    )


def _details(status: dict[str, Any]) -> list[str]:
    details: str = status.get("StatusDetails", "")
    return details.splitlines()


def _document_of(s3: Any, uri: str) -> dict[str, Any]:
    content = _read(s3, uri)
    found: dict[str, Any] = json.loads(content) if content else {}
    return found


def _lines_of(s3: Any, uri: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _read(s3, uri).splitlines()]


def _read(s3: Any, uri: str) -> bytes:
    """Returns an object's content; empty when it does not exist: a rule without findings writes none."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
            return b""
        raise
    return content
