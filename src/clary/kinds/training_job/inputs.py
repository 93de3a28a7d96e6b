"""The locations of a training job's inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Document = dict[str, Any]

CHECKPOINT, SOURCE = "SageMaker.Checkpoint", "SageMaker.Source"
"""Inputs that are no channels. No channel can have such a name."""


def input_places(job: Document) -> Iterator[tuple[str, str]]:
    """(name, URI) of everything the job reads: its source, its channels, its checkpoint."""
    submitted = str(job.get("HyperParameters", {}).get("sagemaker_submit_directory", "")).strip('"')
    if submitted.startswith("s3://"):
        yield SOURCE, submitted
    for channel in job.get("InputDataConfig", ()):
        if "S3DataSource" in channel["DataSource"]:
            yield channel["ChannelName"], channel["DataSource"]["S3DataSource"]["S3Uri"]
    if "CheckpointConfig" in job:
        yield CHECKPOINT, job["CheckpointConfig"]["S3Uri"].rstrip("/") + "/"
