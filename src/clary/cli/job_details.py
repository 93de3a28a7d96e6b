"""The inputs, settings and results of a job as titled lines for a reader."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clary.cli.experiment_rows import SCRIPT_MODE
from clary.cli.job_kinds import AUTOPILOT, PROCESSING, RUNS, TRAINING, TRANSFORM, TUNING, CliKind
from clary.cli.search_details import details_of_autopilot, details_of_tuning
from clary.cli.tables import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

Description = dict[str, Any]


def details_of(kind: CliKind, job: Description) -> Iterator[tuple[str, str]]:
    """Yields (title, text); several with one title are a list."""
    return _OF_KIND[kind](job)


def _training(job: Description) -> Iterator[tuple[str, str]]:
    yield "image", job["AlgorithmSpecification"]["TrainingImage"]
    # The message of the first state names the software that runs and how it differs from the request.
    ran = job["SecondaryStatusTransitions"][0].get("StatusMessage", "")
    for part in ran.removeprefix(RUNS).split("; ") if ran.startswith(RUNS) else ():
        yield "ran", part
    for step in job["SecondaryStatusTransitions"]:
        if step["Status"] == "Interrupted":
            yield (
                "interrupted",
                f"{step['StartTime'].astimezone():%Y-%m-%d %H:%M:%S} {_why(step['StatusMessage'])}",
            )
    yield "warm pool", _pool(job.get("WarmPoolStatus", {}))
    told = {key: _plain(value) for key, value in job.get("HyperParameters", {}).items()}
    yield "script", told.get("sagemaker_program", "")
    yield "source", told.get("sagemaker_submit_directory", "")
    parameters = [f"{key}={value}" for key, value in told.items() if key not in SCRIPT_MODE]
    yield "parameters", ", ".join(parameters)
    yield "arguments", " ".join(job["AlgorithmSpecification"].get("ContainerArguments", []))
    for name, value in job.get("Environment", {}).items():
        yield "environment", f"{name}={value}"
    for channel in job.get("InputDataConfig", ()):
        place = channel["DataSource"].get("S3DataSource", {}).get("S3Uri", "")
        yield f"input {channel['ChannelName']}", place
    yield "checkpoints", job.get("CheckpointConfig", {}).get("S3Uri", "")
    yield "experiment", _experiment(job)
    for metric in job.get("FinalMetricDataList", ()):
        yield "metrics", f"{metric['MetricName']} = {spelled(metric['Value'])}"
    yield "model", job.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")


def _processing(job: Description) -> Iterator[tuple[str, str]]:
    application = job["AppSpecification"]
    yield "image", application["ImageUri"]
    command = [*application.get("ContainerEntrypoint", ()), *application.get("ContainerArguments", ())]
    yield "command", " ".join(command)
    for name, value in job.get("Environment", {}).items():
        yield "environment", f"{name}={value}"
    for each in job.get("ProcessingInputs", ()):
        yield f"input {each['InputName']}", each.get("S3Input", {}).get("S3Uri", "")
    for each in job.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        yield f"output {each['OutputName']}", each.get("S3Output", {}).get("S3Uri", "")
    yield "experiment", _experiment(job)


def _transform(job: Description) -> Iterator[tuple[str, str]]:
    yield "model", job["ModelName"]
    for name, value in job.get("Environment", {}).items():
        yield "environment", f"{name}={value}"
    given, output = job["TransformInput"], job["TransformOutput"]
    yield "input", given["DataSource"]["S3DataSource"]["S3Uri"]
    yield "split", f"{given.get('SplitType', 'None')}, {given.get('ContentType', '')}".rstrip(", ")
    processing = job.get("DataProcessing", {})
    for member in ("InputFilter", "JoinSource", "OutputFilter"):
        if processing.get(member) not in (None, "$", "None"):
            yield "data processing", f"{member}={processing[member]}"
    yield "output", output["S3OutputPath"]
    yield "experiment", _experiment(job)


def _why(message: str) -> str:
    """Returns an interruption without the words that every one begins with."""
    return message.partition(", because ")[2] or message


def _pool(pool: Description) -> str:
    by = f" by {pool['ReusedByJob']}" if "ReusedByJob" in pool else ""
    after = pool.get("ResourceRetainedBillableTimeInSeconds")
    return f"{pool.get('Status', '')}{by}" + (f" after {after} s" if after else "")


def _experiment(job: Description) -> str:
    config = job.get("ExperimentConfig", {})
    titles = {"ExperimentName": "", "TrialName": "trial ", "TrialComponentDisplayName": "shown as "}
    return ", ".join(f"{title}{config[member]}" for member, title in titles.items() if member in config)


def _plain(value: str) -> str:
    """Returns a hyperparameter without the JSON quotes that the SDK adds."""
    try:
        found = json.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, str) else value


_OF_KIND = {
    TRAINING: _training,
    PROCESSING: _processing,
    TRANSFORM: _transform,
    TUNING: details_of_tuning,
    AUTOPILOT: details_of_autopilot,
}
