"""The files of a trial on S3. A listing continues where the last one ended; ranged GETs fetch tensors."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ..tensors.layout import END_MARKER, index_folder, parse_collections_file, parse_step_file
from .errors import NoTrial
from .files import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


PARALLEL = 16
NEAR_BYTES = 256 << 10
"""One request fetches spans with a smaller gap between them: another round trip would take longer."""


class S3Files:
    """Implements Files for s3://bucket/prefix.

    client: of boto3 or botocore, for any endpoint that supports ListObjectsV2 and ranged GetObject.
    since: objects from before that time (epoch seconds) are left out: they are those of an earlier job.
    """

    def __init__(self, root: str, client: Any = None, since: float = 0.0) -> None:
        bucket, _, prefix = root[len("s3://") :].partition("/")
        self.root = root.rstrip("/")
        self._bucket = bucket
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self._client = default_client() if client is None else client
        self._since = since
        self._returned: set[str] = set()

    def check(self) -> None:
        try:
            self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, MaxKeys=1)
        except Exception as error:
            raise NoTrial(f"{self.root} can't be listed: {error}") from error

    def ended(self) -> bool:
        answer = self._client.list_objects_v2(
            Bucket=self._bucket, Prefix=self._prefix + END_MARKER, MaxKeys=1
        )
        return bool(answer.get("Contents"))

    def new_index_files(self, first_open_step: int) -> list[str]:
        after = f"{index_folder(first_open_step)}/{first_open_step:012d}"
        new = [
            path
            for path, _ in self._list("index/", after)
            if path not in self._returned and parse_step_file(path) is not None
        ]
        self._returned = {path for path in self._returned if path > after}
        self._returned.update(new)
        return new

    def collections_files(self) -> list[tuple[str, str]]:
        return [
            (path, version)
            for path, version in self._list("collections/")
            if parse_collections_file(path) is not None
        ]

    def event_files_after(self, path: str) -> Iterable[str]:
        return (found for found, _ in self._list("events/", path) if parse_step_file(found) is not None)

    def read(self, paths: Sequence[str]) -> list[bytes]:
        if len(paths) < 2:
            return [self._get(path) for path in paths]
        with ThreadPoolExecutor(min(PARALLEL, len(paths))) as pool:
            return list(pool.map(self._get, paths))

    def read_spans(self, path: str, spans: Sequence[Span]) -> list[Any]:
        groups = list(_groups(spans))
        requests = [(path, start, length) for start, length, _ in groups]
        if len(requests) < 2:
            contents = [self._get_span(request) for request in requests]
        else:
            with ThreadPoolExecutor(min(PARALLEL, len(requests))) as pool:
                contents = list(pool.map(self._get_span, requests))
        found: dict[Span, memoryview] = {}
        for (first, _, grouped), content in zip(groups, contents):
            view = memoryview(content)
            for start, length in grouped:
                found[Span(start, length)] = view[start - first : start - first + length]
        return [found[span] for span in spans]

    def locate(self, path: str) -> str:
        return self.root + "/" + path

    def _list(self, folder: str, after: str = "") -> Iterator[tuple[str, str]]:
        """(path, ETag) of the objects below a folder, in byte order. after: begins after this path."""
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": self._prefix + folder}
        if after:
            request["StartAfter"] = self._prefix + after
        while True:
            answer = self._client.list_objects_v2(**request)
            for entry in answer.get("Contents", ()):
                if self._since and entry["LastModified"].timestamp() < self._since:
                    continue
                yield entry["Key"][len(self._prefix) :], entry.get("ETag", "")
            if not answer.get("IsTruncated"):
                return
            request["ContinuationToken"] = answer["NextContinuationToken"]

    def _get(self, path: str) -> bytes:
        return self._fetch(path)

    def _get_span(self, request: tuple[str, int, int]) -> bytes:
        path, start, length = request
        return self._fetch(path, Range=f"bytes={start}-{start + length - 1}")

    def _fetch(self, path: str, **more: str) -> bytes:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + path, **more)
            content: bytes = answer["Body"].read()
        except Exception as error:
            code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
            if code in ("NoSuchKey", "404"):
                raise FileNotFoundError(self.locate(path)) from error
            if code in ("InvalidRange", "416"):
                return b""
            raise
        return content


def default_client() -> Any:
    """A client configured by the environment, AWS_ENDPOINT_URL included. Raises NoTrial without boto3."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    try:
        import boto3  # type: ignore[import-untyped]
    except ImportError:
        try:
            from botocore.session import get_session
        except ImportError:
            raise NoTrial(
                "reading from S3 needs boto3: pip install boto3, or copy the trial to a folder"
            ) from None
        return get_session().create_client("s3", region_name=region)
    return boto3.client("s3", region_name=region)


def _groups(spans: Sequence[Span]) -> Iterator[tuple[int, int, list[Span]]]:
    """(offset, length, spans in it) of each request."""
    grouped: list[Span] = []
    first = end = 0
    for start, length in sorted(set(spans)):
        if grouped and start - end > NEAR_BYTES:
            yield first, end - first, grouped
            grouped = []
        if not grouped:
            first = end = start
        grouped.append(Span(start, length))
        end = max(end, start + length)
    if grouped:
        yield first, end - first, grouped
