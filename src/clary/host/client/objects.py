"""Stored objects for a host: files of this machine where possible, otherwise requests to S3.

file of this machine     where LocateObjects names one below ``stored``
URL                      where the bytes lie in another S3 that this machine reaches (``urls.py``)
GetObject                else, and for what a URL does not give
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import ClientError
from .checksum import KnownCrc
from .s3 import S3, Listed, S3Uri
from .service import DATA_PATIENCE_S, Service, ServiceError
from .urls import AvoidedPlaces, UrlReader, begins_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .connection import FilePart, ServerResponse

# The status codes of a server that can't tell where objects lie.
_CANNOT_LOCATE = ("UnknownOperationException", "UnknownOperation", "NotImplemented", "")
Piece = bytes | memoryview
BUFFER_BYTES = 256 << 10
_MOST_CHANGES = 3


class ObjectChanged(ClientError):
    """The object is no longer the one that was listed."""


class ObjectSource:
    """Lists and reads objects with the rights of the job's role. ``fork`` creates one for another thread."""

    def __init__(
        self,
        make_agent: Callable[[], Service],
        make_role: Callable[[], Service],
        host: str,
        role_arn: str,
        *,
        stored: str = "",
        volume_bytes: int = 0,
        avoided: AvoidedPlaces | None = None,
    ) -> None:
        """make_agent, make_role: return a new connection that signs as the agent, or as the job's role.

        stored: the folder of this machine that holds stored objects; empty when there is none. volume_bytes:
        the size of the job's volume; 0: no limit. avoided: what sources of this agent share.
        """
        self.volume_bytes = volume_bytes
        self._stored = stored
        self._make_agent = make_agent
        self._make_role = make_role
        self._agent = make_agent()
        # Where objects are another S3's, that one may stay away, and the job has to say so.
        self._agent.patience_s = DATA_PATIENCE_S
        self._role = make_role()
        self._s3 = S3(self._role)
        self._host = host
        self._role_arn = role_arn
        self._avoided = avoided or AvoidedPlaces()
        self._urls = UrlReader(self._avoided)

    @property
    def server(self) -> str:
        """What tells the buckets of this server from those of another."""
        return self._role.url

    @cached_property
    def _buffer(self) -> memoryview:
        return memoryview(bytearray(BUFFER_BYTES))

    def fork(self) -> ObjectSource:
        return ObjectSource(
            self._make_agent,
            self._make_role,
            self._host,
            self._role_arn,
            stored=self._stored,
            volume_bytes=self.volume_bytes,
            avoided=self._avoided,
        )

    def close(self) -> None:
        """Closes the connections. The next request opens them again."""
        self._agent.close()
        self._role.close()
        self._urls.close()

    @property
    def s3(self) -> S3:
        return self._s3

    def under(self, uri: S3Uri) -> Iterator[Listed]:
        """Yields every object whose key starts with that of the URI, in byte order. Raises ClientError."""
        after: str | None = None
        while True:
            page = self._locate({"Bucket": uri.bucket, "Prefix": uri.key, "StartAfter": after}, uri)
            if page is None:
                yield from self._listed(uri)
                return
            yield from page["Objects"]
            after = page.get("NextStartAfter")
            if after is None:
                return

    def named(self, bucket: str, keys: Sequence[str], what: S3Uri) -> list[Listed]:
        """Returns the given objects that exist, in the given order. Raises ClientError."""
        found: dict[str, Listed] = {}
        for start in range(0, len(keys), 1000):
            request = {
                "Bucket": bucket,
                "Prefix": "",
                "StartAfter": None,
                "Keys": list(keys[start : start + 1000]),
            }
            page = self._locate(request, what)
            if page is None:
                # S3 has no cheap request for many keys; a later read finds what is missing.
                return [Listed(key, -1) for key in keys]
            found.update({item.key: item for item in page["Objects"]})
        return [found[key] for key in keys if key in found]

    def read(
        self, bucket: str, item: Listed, take: Callable[[Piece], object], restart: Callable[[], object]
    ) -> None:
        """Passes the bytes of one object to ``take``; calls ``restart`` before it repeats them.

        A piece is valid during the call only. Raises ClientError and OSError.
        """
        try:
            # Opened before it is read, because only a missing file can be had from S3 instead.
            file = open(item.path, "rb") if item.path else None  # noqa: SIM115
        except FileNotFoundError:
            file = None  # replaced since it was located; S3 returns the current object
        if file is not None:
            with file:
                while piece := file.read(1 << 20):
                    take(piece)
            return

        for _ in range(_MOST_CHANGES):
            try:
                self._read_whole(bucket, item, take, restart)
                return
            except ObjectChanged:
                item = self.current(bucket, item.key)
        raise self.keeps_changing(bucket, item.key)

    def read_range(
        self, bucket: str, item: Listed, wanted: range, take: Callable[[memoryview], object]
    ) -> None:
        """Passes the bytes of a range to ``take``, each once and in order, also when connections are lost.

        A piece is valid during the call only. Raises ObjectChanged when the object is not the listed one any
        more, other ClientErrors, and OSError.
        """
        done = self._urls.read(item.url, wanted, self._buffer, take, etag=item.url_etag) if item.url else 0
        uri = S3Uri(bucket, item.key)

        def headers() -> dict[str, str]:
            same = {"If-Match": f'"{item.etag}"'} if item.etag else {}
            return {"Range": f"bytes={wanted.start + done}-{wanted.stop - 1}", **same}

        def receive(response: ServerResponse) -> None:
            nonlocal done
            _, _, size = response.headers.get("content-range", "").rpartition("/")
            if response.status != 206 or not begins_at(response, wanted.start + done):
                raise ClientError(f"Data access failed for {uri}: the server does not answer with ranges.")
            if size != str(item.size_bytes):
                raise _changed(uri)
            for piece in response.pieces(self._buffer):
                take(piece[: len(wanted) - done])
                done += len(piece)

        if done == len(wanted):
            return
        try:
            self._s3.get(bucket, item.key, receive, headers)
        except ServiceError as error:
            if error.status in (404, 412, 416):
                raise _changed(uri) from error
            raise self.trouble(error, uri, "s3:GetObject") from error

    def part_urls(self, bucket: str, key: str, upload: str, count: int) -> list[str]:
        """Returns where all parts of an upload may be sent, past the server; empty where they may not."""
        named = {"Host": self._host, "Bucket": bucket, "Key": key, "UploadId": upload}
        urls: list[str] = []
        while len(urls) < count:
            asked = {**named, "First": len(urls) + 1, "Count": count - len(urls)}
            try:
                signed = self._agent.operation("SignParts", asked)["Urls"]
            except ServiceError:
                return []  # by the server, which says what is wrong
            if not signed:
                return []
            urls += signed
        return urls

    def send_part(self, url: str, part: FilePart) -> str:
        """Sends a part to the S3 that has it. Returns its ETag; empty when it has not arrived there."""
        return self._urls.send(url, part)

    def current(self, bucket: str, key: str) -> Listed:
        """Returns an object as it is now. Raises ClientError when it is gone, or the role may not read it."""
        uri = S3Uri(bucket, key)
        found = self.named(bucket, [key], uri)
        if not found:
            raise ClientError(f"Data download failed: {uri} was deleted while it was downloaded.")
        return found[0]

    def keeps_changing(self, bucket: str, key: str) -> ClientError:
        """Returns the error for an object that was replaced each time it was read."""
        return ClientError(
            f"Data download failed: {S3Uri(bucket, key)} was replaced {_MOST_CHANGES} times while it was "
            "downloaded. Run the job when nothing writes it, or write each version to a key of its own."
        )

    def _read_whole(
        self, bucket: str, item: Listed, take: Callable[[Piece], object], restart: Callable[[], object]
    ) -> None:
        if item.size_bytes > 0:
            restart()
            self.read_range(bucket, item, range(item.size_bytes), take)
            return

        def receive(response: ServerResponse) -> None:
            restart()
            for piece in response.chunks():
                take(piece)

        try:
            self._s3.get(bucket, item.key, receive)
        except ServiceError as error:
            raise self.trouble(error, S3Uri(bucket, item.key), "s3:GetObject") from error

    def trouble(self, error: ServiceError, uri: S3Uri, action: str) -> ClientError:
        """Returns the error for the user when S3 refuses a request."""
        if error.denied:
            return ClientError(
                f"Data access failed: the role {self._role_arn} is not allowed {action} on {uri}. "
                f"Add {action} for it to the role's policy."
            )
        return ClientError(f"Data access failed for {uri}: {error.code or error.status}: {error.message}")

    def _locate(self, request: dict[str, Any], uri: S3Uri) -> dict[str, Any] | None:
        """Returns one page, its objects as Listed; None when the server can't tell where objects lie."""
        try:
            page = self._agent.operation("LocateObjects", {"Host": self._host, "Urls": True, **request})
        except ServiceError as error:
            if error.code in _CANNOT_LOCATE:
                return None
            action = "s3:ListBucket" if "ListBucket" in error.message else "s3:GetObject"
            raise self.trouble(error, uri, action) from error
        return {**page, "Objects": [self._located(item) for item in page["Objects"]]}

    def _located(self, item: dict[str, Any]) -> Listed:
        size_bytes = int(item["Size"])
        return Listed(
            item["Key"],
            size_bytes,
            self._here(item.get("Path")),
            str(item.get("ETag") or ""),
            granted=True,
            checksum=KnownCrc.of(item.get("Checksum"), size_bytes),
            url=str(item.get("Url") or ""),
            url_etag=str(item.get("UrlETag") or ""),
        )

    def _listed(self, uri: S3Uri) -> Iterator[Listed]:
        try:
            yield from self._s3.list_objects(uri.bucket, uri.key)
        except ServiceError as error:
            raise self.trouble(error, uri, "s3:ListBucket") from error

    def _here(self, path: str | None) -> str:
        """Returns the path when it is that of a stored object on this machine, otherwise an empty text.

        While the server is away, another process (even a job) may listen on its port and answer instead. It
        must not be able to name other files of this machine.
        """
        if not path or not self._stored or not path.startswith(f"{self._stored}/"):
            return ""
        inside = ".." not in path[len(self._stored) :].split("/") and not os.path.islink(path)
        return path if inside and os.access(path, os.R_OK) else ""


def _changed(uri: S3Uri) -> ObjectChanged:
    return ObjectChanged(
        f"Data download failed: {uri} was replaced or deleted while it was read. Run the job again when "
        "nothing writes it."
    )
