"""Compares the inputs of a job, the source and the channels, with what S3 has at their locations now.

The trial component of a job holds the content of its inputs (``domain/content.py``). A comparison finds
objects that were overwritten, added or removed, and ignores objects that were written again with the same
bytes. Where the component has no content, an object counts as changed when it is younger than the job.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from clary.domain.content import MOST_OBJECTS, TOO_MANY, content_of

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Iterator, Mapping

CONTENT = "SageMaker.Input."
SOURCE, CHECKPOINT = "SageMaker.Source", "SageMaker.Checkpoint"
"""Parameters of a component that hold the content of an input. The first is followed by a channel's name."""
EXAMPLES = 3


class ListedObject(NamedTuple):
    """An object as S3 has it now."""

    key: str
    at: datetime.datetime
    etag: str


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a job, compared with what it was.

    name: ``source``, or the channel's. keys: of its objects now. newer: those written since the job began.
    changed: whether the content differs; None when the job's content is not known.
    """

    name: str
    uri: str
    keys: tuple[str, ...]
    newer: tuple[str, ...]
    changed: bool | None = None

    @property
    def difference(self) -> str:
        """Returns what has changed; empty when nothing has."""
        count = _counted(len(self.keys))
        if not self.keys:
            return "nothing lies there any more"
        if self.changed is False or (self.changed is None and not self.newer):
            return ""
        if not self.newer:
            return f"CHANGED, objects were removed since, {count} left"
        some = ", ".join(key.rpartition("/")[2] for key in self.newer[:EXAMPLES])
        more = ", ..." if len(self.newer) > EXAMPLES else ""
        return f"CHANGED, {len(self.newer)} of {count} written since: {some}{more}"

    @property
    def summary(self) -> str:
        """Returns one line for a reader."""
        if not self.keys:
            return f"{self.name}: nothing lies at {self.uri} any more"
        if not self.difference:
            return f"{self.name}: as it was, {self.uri} ({_counted(len(self.keys))})"
        return f"{self.name}: {self.difference} in {self.uri}"


def inputs_of(s3: Any, job: dict[str, Any], contents: Mapping[str, str]) -> Iterator[Input]:
    """Yields the source and each channel of a described job, as they are in S3 now.

    contents: what ``contents_of`` returns for the job's component.
    """
    since = job["CreationTime"]
    submitted = source_of(job)
    if submitted.startswith("s3://"):
        found = _input("source", submitted, _object(s3, submitted), since)
        yield _compared(s3, found, contents.get(SOURCE))
    for channel in job.get("InputDataConfig", ()):
        source = channel["DataSource"].get("S3DataSource")
        if source is None:
            continue
        uri, name = source["S3Uri"], channel["ChannelName"]
        is_manifest = source["S3DataType"] == "ManifestFile"
        found = _input(name, uri, _manifest(s3, uri) if is_manifest else beneath(s3, uri), since)
        # The content of a manifest input is its list. The objects that it names are judged by their age.
        known = None if is_manifest and found.newer else contents.get(CONTENT + name)
        yield _compared(s3, found, known)


def change_since(s3: Any, uri: str, since: datetime.datetime, content: str) -> str:
    """Returns what has changed at a location whose content is known; empty when nothing has."""
    return _compared(s3, _input("", uri, beneath(s3, uri), since), content).difference


def contents_of(component: Mapping[str, Any]) -> dict[str, str]:
    """Returns the content of each input that a trial component holds, by the parameter's name."""
    return {
        name: value["StringValue"]
        for name, value in component.get("Parameters", {}).items()
        if "StringValue" in value and (name.startswith(CONTENT) or name in (SOURCE, CHECKPOINT))
    }


def source_of(job: Mapping[str, Any]) -> str:
    """Returns the location of script mode's source; empty when there is none."""
    spelled = str(job.get("HyperParameters", {}).get("sagemaker_submit_directory", ""))
    return spelled.strip('"')


def content_now(prefix: str, objects: Iterable[ListedObject]) -> str:
    """Returns the content of objects, with keys relative to ``prefix``."""
    return content_of(prefix, ((each.key, each.etag) for each in objects))


def _compared(s3: Any, found: Input, known: str | None) -> Input:
    if known is None or known == TOO_MANY or len(found.keys) > MOST_OBJECTS:
        return found
    now = content_now(split(found.uri)[1], islice(beneath(s3, found.uri), MOST_OBJECTS + 1))
    return Input(found.name, found.uri, found.keys, found.newer, now != known)


def _input(name: str, uri: str, found: Iterable[ListedObject], since: datetime.datetime) -> Input:
    written = list(found)
    newer = tuple(each.key for each in written if each.at > since)
    return Input(name, uri, tuple(each.key for each in written), newer)


def beneath(s3: Any, uri: str) -> Iterator[ListedObject]:
    """Yields every object whose key begins with that of ``uri``, by key."""
    from botocore.exceptions import ClientError

    bucket, key = split(uri)
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            for each in page.get("Contents", ()):
                yield ListedObject(each["Key"], each["LastModified"], each["ETag"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _object(s3: Any, uri: str) -> Iterator[ListedObject]:
    """Yields the object, or nothing when it does not exist."""
    from botocore.exceptions import ClientError

    bucket, key = split(uri)
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
        yield ListedObject(key, head["LastModified"], head["ETag"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NoSuchBucket"):
            raise


def _manifest(s3: Any, uri: str) -> Iterator[ListedObject]:
    """Yields the manifest itself, then the objects that it names."""
    there = list(_object(s3, uri))
    yield from there
    if not there:
        return
    bucket, key = split(uri)
    head, *names = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    for name in names:
        yield from _object(s3, head["prefix"] + name)


def split(uri: str) -> tuple[str, str]:
    """Returns bucket and key of an s3:// URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _counted(count: int) -> str:
    return f"{count} object{'s' if count != 1 else ''}"
