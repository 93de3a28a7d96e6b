"""Lists and reads the files of a profile, in a folder or on S3."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from clary.debugger.trial.s3 import default_client

if TYPE_CHECKING:
    from collections.abc import Iterator

END_MARKER = "training_job_end.ts"
SYSTEM = re.compile(r"system/.+/\d{10}\.algo-\d+\.json$")
FRAMEWORK = re.compile(
    r"framework/pevents/.+/\d+_(?P<node>[^_/]+)_"
    r"(?P<source>pythontimeline|model_timeline|horovod_timeline|smdataparallel_timeline)\.json$"
)


class ProfileFiles(Protocol):
    """The files of one profile. Paths are relative to the root, with forward slashes."""

    def list(self) -> Iterator[tuple[str, int]]:
        """(path, size in bytes) of every JSON file, sorted; none while the root does not exist."""
        ...

    def read(self, path: str) -> bytes:
        """The whole content of a file."""
        ...

    def ended(self) -> bool:
        """Whether the end marker exists: no more files will be written."""
        ...


def is_system_file(path: str) -> bool:
    return SYSTEM.search(path) is not None


def is_framework_file(path: str) -> bool:
    return FRAMEWORK.search(path) is not None


def node_and_source(path: str) -> tuple[str, str]:
    """The node (``<rank>-<host>``) and the kind of timeline of a framework file.

    Raises ValueError for any other name.
    """
    match = FRAMEWORK.search(path)
    if match is None:
        raise ValueError(f"{path} is not named like a framework timeline")
    return match["node"], match["source"]


def open_profile_files(path: str, *, s3: Any = None, since: float = 0.0) -> ProfileFiles:
    """The files of a profile. path: a folder or ``s3://bucket/prefix``. s3: a client of boto3 or botocore.

    since: objects from before that time (epoch seconds) are left out: they are those of an earlier job.
    """
    return S3ProfileFiles(path, s3, since) if path.startswith("s3://") else LocalProfileFiles(Path(path))


class LocalProfileFiles:
    """Implements ProfileFiles for a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self) -> Iterator[tuple[str, int]]:
        for path in sorted(self._root.rglob("*.json")):
            yield path.relative_to(self._root).as_posix(), path.stat().st_size

    def read(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def ended(self) -> bool:
        return (self._root / END_MARKER).exists()


class S3ProfileFiles:
    """Implements ProfileFiles for s3://bucket/prefix."""

    def __init__(self, root: str, client: Any = None, since: float = 0.0) -> None:
        self._since = since
        self._bucket, _, prefix = root.removeprefix("s3://").partition("/")
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self._client = default_client() if client is None else client

    def list(self) -> Iterator[tuple[str, int]]:
        request = {"Bucket": self._bucket, "Prefix": self._prefix}
        while True:
            answer = self._client.list_objects_v2(**request)
            for entry in answer.get("Contents", ()):
                early = self._since and entry["LastModified"].timestamp() < self._since
                if entry["Key"].endswith(".json") and not early:
                    yield entry["Key"][len(self._prefix) :], entry["Size"]
            if not answer.get("IsTruncated"):
                return
            request["ContinuationToken"] = answer["NextContinuationToken"]

    def read(self, path: str) -> bytes:
        content: bytes = self._client.get_object(Bucket=self._bucket, Key=self._prefix + path)["Body"].read()
        return content

    def ended(self) -> bool:
        answer = self._client.list_objects_v2(
            Bucket=self._bucket, Prefix=self._prefix + END_MARKER, MaxKeys=1
        )
        return bool(answer.get("Contents"))
