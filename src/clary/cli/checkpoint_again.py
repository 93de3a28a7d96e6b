"""Gives a job that runs again the checkpoint that the job before it began from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from clary.cli.input_changes import CHECKPOINT, beneath, content_now, contents_of, split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.cli.input_changes import Stored

Description = dict[str, Any]


def begun_from(component: Mapping[str, Any]) -> str:
    """Where the checkpoint lies that the job of a described component began from; empty without one."""
    return str(component.get("InputArtifacts", {}).get(CHECKPOINT, {}).get("Value", ""))


def find_checkpoint(s3: Any, job: Description, component: Description) -> list[Stored] | None:
    """The objects that the job began from, as they were; None where they are not all to be had any more.

    The job went on to write into the same folder, so what is younger than its start is left out; whether the
    rest is what it began from, the content tells.
    """
    folder = begun_from(component).rstrip("/") + "/"
    known = contents_of(component).get(CHECKPOINT)
    started_at = (job.get("TrainingStartTime") or job["CreationTime"]).timestamp()
    there = list(beneath(s3, folder))
    # S3 tells times by the second: what was written in the second of the start may be on either side.
    for last in (started_at, math.floor(started_at) - 1):
        found = [each for each in there if each.at.timestamp() <= last]
        if found and content_now(split(folder)[1], found) == known:
            return found
    return None


def copy_checkpoint(s3: Any, objects: list[Stored], component: Description, uri: str) -> None:
    """Copies the objects into the folder that ``uri`` is."""
    bucket, prefix = split(begun_from(component).rstrip("/") + "/")
    to_bucket, to_prefix = split(uri.rstrip("/") + "/")
    for each in objects:
        s3.copy_object(
            Bucket=to_bucket,
            Key=to_prefix + each.key[len(prefix) :],
            CopySource={"Bucket": bucket, "Key": each.key},
        )
