"""Makes a model of what a training job has left in S3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clary.cli.console import fail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clary.cli.client import ServerConnection

INFERENCE_SCRIPT = "inference.py"


def inference_image(training_image: str) -> str:
    """Returns the image that serves what a training image trains.

    Some families have one of its own (``pytorch-inference``), others serve with the image that trains.
    """
    return training_image.replace("-training:", "-inference:").replace("-training@", "-inference@")


def code_to_send(code: Path | None) -> tuple[Path, str, bool] | None:
    """Returns folder, script, and whether to send all of it; ends the command when there is no script."""
    if code is None:
        return None
    if code.is_dir():
        if not (code / INFERENCE_SCRIPT).is_file():
            fail(f"{code} has no {INFERENCE_SCRIPT}; name the script itself, or add one")
        return code, INFERENCE_SCRIPT, True
    if not code.is_file():
        fail(f"{code} is neither a script nor a folder with {INFERENCE_SCRIPT}")
    return code.parent, code.name, False


def model_of_job(
    job: Mapping[str, Any],
    name: str,
    *,
    image: str | None,
    code: tuple[str, str] | None,
    variables: Mapping[str, str],
    role: str | None,
) -> dict[str, Any]:
    """Returns a CreateModel request. Ends the command when the job has left no model.

    code: the URI of the source and the script in it; None: what the job trained with.
    """
    job_name, status = job["TrainingJobName"], job["TrainingJobStatus"]
    if "ModelArtifacts" not in job:
        ended = status in ("Completed", "Failed", "Stopped")
        fail(
            f"{job_name} is {status} and has {'left no' if ended else 'no'} model" + ("" if ended else " yet")
        )
    uri, script = code if code is not None else _own_code(job)
    environment = {
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "SAGEMAKER_REGION": job["TrainingJobArn"].split(":")[3],
    }
    if uri:
        environment |= {"SAGEMAKER_PROGRAM": script, "SAGEMAKER_SUBMIT_DIRECTORY": uri}
    return {
        "ModelName": name,
        "PrimaryContainer": {
            "Image": image or inference_image(job["AlgorithmSpecification"]["TrainingImage"]),
            "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
            "Environment": {**environment, **variables},
        },
        "ExecutionRoleArn": role or job["RoleArn"],
    }


def served_functions(source: bytes) -> bool:
    """Whether a script defines a function of the serving contract, such as ``model_fn``."""
    import ast

    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return False
    contract = {"model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn"}
    return any(isinstance(node, ast.FunctionDef) and node.name in contract for node in tree.body)


def training_script(connection: ServerConnection, job: Mapping[str, Any]) -> bytes:
    """Returns the script that a job trained with; empty when it can't be found."""
    import io
    import tarfile

    from botocore.exceptions import ClientError

    uri, script = _own_code(job)
    if not uri.startswith("s3://"):
        return b""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        content = connection.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            file = archive.extractfile(script)
            return b"" if file is None else file.read()
    except (ClientError, KeyError, OSError, tarfile.TarError):
        return b""


def _own_code(job: Mapping[str, Any]) -> tuple[str, str]:
    """The source that a job trained with, and the script in it; empty without one."""
    said = job.get("HyperParameters", {})
    found = [_text(said.get(name)) for name in ("sagemaker_submit_directory", "sagemaker_program")]
    return (found[0], found[1]) if all(found) else ("", "")


def _text(value: str | None) -> str:
    """A hyperparameter of the SDK, which writes it as JSON."""
    if value is None:
        return ""
    try:
        return str(json.loads(value))
    except ValueError:
        return value
