"""``clary show``: one job on one screen: its end and the reason, its software, inputs and results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail, print_lines
from clary.cli.find_jobs import find_job, refusal, rule_statuses
from clary.cli.job_details import details_of
from clary.cli.search_details import progress_of
from clary.cli.tables import print_fields
from clary.domain.rules import STOPPED_BY_RULE, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.cli.client import ServerConnection
    from clary.cli.job_kinds import CliKind

Description = dict[str, Any]

LAST_LINES = 5
"""The number of log lines shown for a failed job."""


def show(
    name: Annotated[str, typer.Argument(help="Name or ARN of a job; JOB/RULE: a rule of a job.")],
    processing: Annotated[
        bool, typer.Option("--processing", help="The processing job, where a training job has that name too.")
    ] = False,
    packages: Annotated[
        bool, typer.Option("--packages", help="Print every package of its environment instead.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what Describe answers.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Show a job: how it ended and why, what really ran, what it was given and what it made."""
    from botocore.exceptions import ClientError

    from clary.cli.client import connect

    connection = connect(home)
    sagemaker = connection.client("sagemaker")
    try:
        kind, job = find_job(sagemaker, name, processing=processing)
        if as_json:
            job.pop("ResponseMetadata", None)
            typer.echo(json.dumps(job, indent=2, default=_spelled_time))
            return
        if packages:
            print_lines(_packages(connection, kind, job))
            return
        print_fields(kind.name(job), list(_fields(connection, kind, job)))
    except ClientError as error:
        fail(refusal(sagemaker, name, error))


def _fields(connection: ServerConnection, kind: CliKind, job: Description) -> Iterator[tuple[str, str]]:
    """Yields (title, text); several with one title are a list."""
    yield kind.title, _state(kind, job)
    if progress := progress_of(connection.client("sagemaker"), kind, job):
        yield "progress", progress
    why = _reason(kind, job)
    if why:
        yield "why", why
    yield "created", _times(kind, job)
    yield from details_of(kind, job)
    yield "instances", ", ".join(f"{count} x {instance}" for count, instance in kind.instances(job))
    for tag in _tags(connection, job[f"{kind.noun}Arn"]):
        yield "tags", f"{tag['Key']}={tag['Value']}"
    for status in rule_statuses(job):
        yield "rules", _rule(status)
    if kind.status(job) == "Failed" and kind.log_group:
        for line in _last_lines(connection, kind, kind.name(job)):
            yield "log", line


def _state(kind: CliKind, job: Description) -> str:
    status, secondary = kind.status(job), kind.state(job)
    how = f"{status} ({secondary})" if secondary else status
    return f"{how} after {seconds} s" if (seconds := kind.seconds(job)) else how


def _reason(kind: CliKind, job: Description) -> str:
    if kind.status(job) == "Failed":
        return str(job.get("FailureReason", "no reason was given"))
    if kind.status(job) not in ("Stopping", "Stopped"):
        return ""
    why = kind.why_stopped(job)
    fired = [status for status in rule_statuses(job) if status["RuleEvaluationStatus"] == "IssuesFound"]
    stopping = {rule.name for rule in rules_of(job) if "stoptraining" in str(rule.configuration).lower()}
    asked = [status for status in fired if status["RuleConfigurationName"] in stopping]
    if STOPPED_BY_RULE in why and asked:
        # The details of the rule name the step. Of several rules, the first that fired stopped the job.
        return f"{why}: {_rule(min(asked, key=lambda status: status['LastModifiedTime']))}"
    return why


def _rule(status: Description) -> str:
    details = status.get("StatusDetails", "").partition("\n")[0]
    told = f"{status['RuleConfigurationName']}: {status['RuleEvaluationStatus']}"
    return f"{told}, {details}" if details else told


def _times(kind: CliKind, job: Description) -> str:
    said = f"{job['CreationTime'].astimezone():%Y-%m-%d %H:%M:%S}"
    for title, member in (("started", kind.started), ("ended", kind.ended)):
        if member in job:
            said += f", {title} {job[member].astimezone():%H:%M:%S}"
    return said


def _packages(connection: ServerConnection, kind: CliKind, job: Description) -> list[str]:
    """Returns the packages the job ran with: those of its image, and those its requirements.txt added."""
    sagemaker = connection.client("sagemaker")
    found = sagemaker.list_trial_components(SourceArn=job[f"{kind.noun}Arn"])["TrialComponentSummaries"]
    if not found:
        fail(f"{kind.name(job)} has no trial component, which names its packages")
    component = sagemaker.describe_trial_component(TrialComponentName=found[0]["TrialComponentName"])
    stream = component.get("Parameters", {}).get("SageMaker.Environment", {}).get("StringValue")
    if stream is None:
        fail(f"{kind.name(job)} was not started yet, or by a server that did not keep its packages")
    from clary.cli.follow import whole_stream

    return whole_stream(connection.client("logs"), "/clary/environments", stream)


def _tags(connection: ServerConnection, arn: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = connection.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    return found


def _last_lines(connection: ServerConnection, kind: CliKind, name: str) -> list[str]:
    from clary.cli.follow import last_lines

    return last_lines(connection.client("logs"), kind.log_group, name, LAST_LINES)


def _spelled_time(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
