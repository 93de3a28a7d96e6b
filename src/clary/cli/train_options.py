"""Options of ``clary train`` as members of a CreateTrainingJob request. Each function ends the command with a
message when its option is not valid.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clary.cli.console import fail

if TYPE_CHECKING:
    from collections.abc import Sequence

Document = dict[str, Any]


def pairs(option: str, specs: Sequence[str] | None, form: str = "NAME=VALUE") -> dict[str, str]:
    """Returns names and values of NAME=VALUE options; a name may occur once. form: the format in messages."""
    found: dict[str, str] = {}
    for spec in specs or ():
        name, separator, value = spec.partition("=")
        if not separator or not name:
            fail(f"{option} {spec}: write it as {form}")
        if name in found:
            fail(f"{option} {spec}: {name} is given twice")
        found[name] = value
    return found


def metric_definitions(specs: Sequence[str] | None) -> list[Document]:
    """Returns NAME=REGEX options as MetricDefinitions. The service checks all but a missing group."""
    found = pairs("--metric", specs, "NAME=REGEX, as in 'loss=loss: ([0-9.]+)'")
    for name, expression in found.items():
        if "(" not in expression:
            fail(
                f"--metric {name}={expression}: put parentheses around the number, as in "
                "--metric 'loss=loss: ([0-9.]+)'"
            )
    return [{"Name": name, "Regex": expression} for name, expression in found.items()]


def checkpoint_config(place: str | None) -> Document | None:
    if place is None:
        return None
    if not re.match(r"s3://[^/]+", place):
        fail(f"--checkpoint {place}: write it as s3://bucket/folder; its files are in /opt/ml/checkpoints")
    return {"S3Uri": place, "LocalPath": "/opt/ml/checkpoints"}


def experiment_config(sagemaker: Any, experiment: str | None, trial: str | None, display: str) -> Document:
    """Creates the experiment and the trial if they do not exist. Raises ClientError.

    display: the job's display name. Without a trial, the trial has the experiment's name.
    """
    if experiment is None and trial is None:
        return {}
    if experiment is not None:
        trial = trial or experiment
        _make(sagemaker.create_experiment, ExperimentName=experiment)
        _make(sagemaker.create_trial, TrialName=trial, ExperimentName=experiment)
        names = {"ExperimentName": experiment, "TrialName": trial}
    else:
        names = {"TrialName": str(trial)}
    return {**names, "TrialComponentDisplayName": display}


def _make(create: Any, **request: str) -> None:
    from botocore.exceptions import ClientError

    try:
        create(**request)
    except ClientError as error:
        # CreateTrainingJob reports a trial of this name that belongs to another experiment.
        if "already exists" not in error.response["Error"]["Message"]:
            raise
