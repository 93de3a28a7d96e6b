"""Options of ``clary train`` as members of a CreateTrainingJob request. Each ends the command with a sentence
when it is not written as it should be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clary.cli.console import fail

if TYPE_CHECKING:
    from collections.abc import Sequence

Document = dict[str, Any]


def pairs(option: str, specs: Sequence[str] | None, form: str = "NAME=VALUE") -> dict[str, str]:
    """The name and value of each; a name may be given once. form: how one is written, for a message."""
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
    """NAME=REGEX of each. The service says what is wrong with an expression, but for a missing group."""
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
    """Makes the experiment and the trial where they are not there yet. Raises ClientError.

    display: what the job is called among others. Without a trial, the experiment has one of its own name.
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
        # That a trial of this name is of another experiment is told when the job is made.
        if "already exists" not in error.response["Error"]["Message"]:
            raise
