"""Copies the checkpoint that a job started from, for another run of the job."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from clary.cli.input_changes import CHECKPOINT, beneath, content_now, contents_of, split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.cli.input_changes import ListedObject

Description = dict[str, Any]


def checkpoint_uri(component: Mapping[str, Any]) -> str:
    """Returns the folder of the checkpoint that a component's job started from; empty without one."""
    return str(component.get("InputArtifacts", {}).get(CHECKPOINT, {}).get("Value", ""))


def find_checkpoint(s3: Any, job: Description, component: Description) -> list[ListedObject] | None:
    """Returns the objects that the job started from; None when some were overwritten or deleted.

    The job wrote later checkpoints into the same folder, so objects younger than its start are left out. The
    recorded content shows whether the remaining objects are the ones that the job read.
    """
    folder = checkpoint_uri(component).rstrip("/") + "/"
    known = contents_of(component).get(CHECKPOINT)
    started_at = (job.get("TrainingStartTime") or job["CreationTime"]).timestamp()
    present = list(beneath(s3, folder))
    # S3 rounds times to seconds: an object of the second of the start may be older or younger than the start.
    for last in (started_at, math.floor(started_at) - 1):
        found = [each for each in present if each.at.timestamp() <= last]
        if found and content_now(split(folder)[1], found) == known:
            return found
    return None


def copy_checkpoint(s3: Any, objects: list[ListedObject], component: Description, uri: str) -> None:
    """Copies the objects into the folder ``uri``."""
    bucket, prefix = split(checkpoint_uri(component).rstrip("/") + "/")
    to_bucket, to_prefix = split(uri.rstrip("/") + "/")
    for each in objects:
        s3.copy_object(
            Bucket=to_bucket,
            Key=to_prefix + each.key[len(prefix) :],
            CopySource={"Bucket": bucket, "Key": each.key},
        )
