"""What a job would find today where it found its inputs: the source and the channels, object by object.

No version of an input is recorded with a job, so what counts is when each object was written: one that
is younger than the job is not what the job has seen. What was deleted since leaves no trace in a folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Input:
    """name: ``source``, or the channel's. keys: of its objects now. newer: those written since."""

    name: str
    uri: str
    keys: tuple[str, ...]
    newer: tuple[str, ...]

    @property
    def told(self) -> str:
        """One line for a reader."""
        count = f"{len(self.keys)} object{'s' if len(self.keys) != 1 else ''}"
        if not self.keys:
            return f"{self.name}: nothing lies at {self.uri} any more"
        if not self.newer:
            return f"{self.name}: as it was, {self.uri} ({count})"
        some = ", ".join(key.rpartition("/")[2] for key in self.newer[:EXAMPLES])
        more = ", ..." if len(self.newer) > EXAMPLES else ""
        return f"{self.name}: CHANGED, {len(self.newer)} of {count} written since: {some}{more} in {self.uri}"


def inputs_of(s3: Any, job: dict[str, Any]) -> Iterator[Input]:
    """The source and each channel of a described job, as they are in S3 now."""
    since = job["CreationTime"]
    submitted = source_of(job)
    if submitted.startswith("s3://"):
        yield _input("source", submitted, _object(s3, submitted), since)
    for channel in job.get("InputDataConfig", ()):
        source = channel["DataSource"].get("S3DataSource")
        if source is None:
            continue
        uri = source["S3Uri"]
        found = _manifest(s3, uri) if source["S3DataType"] == "ManifestFile" else _beneath(s3, uri)
        yield _input(channel["ChannelName"], uri, found, since)


def source_of(job: dict[str, Any]) -> str:
    """Where script mode's source is; empty when there is none."""
    spelled = str(job.get("HyperParameters", {}).get("sagemaker_submit_directory", ""))
    return spelled.strip('"')


def _input(name: str, uri: str, found: Iterator[tuple[str, datetime.datetime]], since: Any) -> Input:
    written = list(found)
    return Input(name, uri, tuple(key for key, _ in written), tuple(key for key, at in written if at > since))


def _beneath(s3: Any, uri: str) -> Iterator[tuple[str, datetime.datetime]]:
    from botocore.exceptions import ClientError

    bucket, key = split(uri)
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            for each in page.get("Contents", ()):
                yield each["Key"], each["LastModified"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _object(s3: Any, uri: str) -> Iterator[tuple[str, datetime.datetime]]:
    """Nothing when it is not there."""
    from botocore.exceptions import ClientError

    bucket, key = split(uri)
    try:
        yield key, s3.head_object(Bucket=bucket, Key=key)["LastModified"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NoSuchBucket"):
            raise


def _manifest(s3: Any, uri: str) -> Iterator[tuple[str, datetime.datetime]]:
    """The manifest itself, then what it names."""
    there = list(_object(s3, uri))
    yield from there
    if not there:
        return
    bucket, key = split(uri)
    head, *names = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    for name in names:
        yield from _object(s3, head["prefix"] + name)


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
