"""Watches a job until it ends: prints its log, its state in the last line, and its results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from clary.cli.console import INTERRUPTED, STOPPED, fail, print_lines, say, spinner

if TYPE_CHECKING:
    from clary.cli.client import ServerConnection
    from clary.cli.follow import JobLine
    from clary.cli.job_kinds import CliKind

Description = dict[str, Any]


def watch(connection: ServerConnection, job: str) -> Description:
    """Follows a training job with live progress and prints how it ended. Returns the last description.

    Ends the command with code 1 when the job failed and 3 when it was stopped. Ctrl-C leaves the job
    running.
    """
    from clary.cli.job_kinds import TRAINING

    ended = watch_log(connection, job, TRAINING)
    if ended["TrainingJobStatus"] == "Completed":
        say(f"{job}: Completed after {ended.get('TrainingTimeInSeconds', 0)} s")
    for metric in ended.get("FinalMetricDataList", []):
        say(f"  {metric['MetricName']} = {metric['Value']:g}")
    if ended.get("ModelArtifacts"):
        say(f"  model: {ended['ModelArtifacts']['S3ModelArtifacts']}")
    end_as_job(ended, TRAINING)
    return ended


def watch_log(connection: ServerConnection, job: str, kind: CliKind) -> Description:
    """Prints new lines of a job's log until it ends, with its state in the last line of a terminal."""
    from clary.cli.follow import TERMINAL, follow

    many = False
    with spinner(f"{job}: Starting") as tell:

        def on_state(description: Description) -> None:
            nonlocal many
            many = kind.host_count(description) > 1
            if kind.status(description) not in TERMINAL:
                tell(f"{job}: {_state(kind, description)}")

        def on_lines(lines: list[JobLine]) -> None:
            print_lines(spelled_lines(lines, many=many))

        try:
            return follow(
                connection.client("sagemaker"),
                connection.client("logs"),
                job,
                on_lines=on_lines,
                on_state=on_state,
                kind=kind,
            )
        except KeyboardInterrupt:
            say(f"{job} goes on; follow it again with: clary logs -f {job}; end it with: clary stop {job}")
            raise typer.Exit(INTERRUPTED) from None


def end_as_job(ended: Description, kind: CliKind) -> None:
    """Ends the command with the exit code for the job's end, unless the job completed."""
    job = kind.name(ended)
    if kind.status(ended) == "Failed":
        fail(f"{job} failed: {ended.get('FailureReason', 'no reason was given')}")
    if kind.status(ended) == "Stopped":
        fail(f"{job} was stopped: {kind.why_stopped(ended)}", STOPPED)


def spelled_lines(lines: list[JobLine], *, many: bool) -> list[str]:
    """Returns lines as text. many: whether the job has several hosts, so that lines begin with the host."""
    return [f"{line.host} | {line.text}" if many else line.text for line in lines]


def _state(kind: CliKind, description: Description) -> str:
    transitions = description.get("SecondaryStatusTransitions")
    if not transitions:
        said = description.get("ExitMessage", "")
        return f"{kind.status(description)} - {said}" if said else kind.status(description)
    last = transitions[-1]
    return f"{last['Status']} - {last['StatusMessage']}" if last.get("StatusMessage") else str(last["Status"])
