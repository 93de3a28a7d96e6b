"""Stored objects as a host finds them: as files of this machine where it can, over the wire where not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..errors import ClientError
from .s3 import S3, Listed, S3Uri
from .service import Service, ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .connection import ServerResponse

# What a server answers that can't say where objects lie.
_CANNOT_LOCATE = ("UnknownOperationException", "UnknownOperation", "NotImplemented", "")


class ObjectSource:
    """Finds and reads objects as the job's role. ``fork`` makes one for another thread."""

    def __init__(
        self,
        make_agent: Callable[[], Service],
        make_role: Callable[[], Service],
        host: str,
        role_arn: str,
        *,
        stored: str = "",
        volume_bytes: int = 0,
    ) -> None:
        """make_agent, make_role: new connections signing as the agent, and as the job's role.

        stored: the folder of this machine where stored objects lie; empty: none are taken from there.
        volume_bytes: of the job's disk; 0: no limit.
        """
        self.volume_bytes = volume_bytes
        self._stored = stored
        self._make_agent = make_agent
        self._make_role = make_role
        self._agent = make_agent()
        self._role = make_role()
        self._s3 = S3(self._role)
        self._host = host
        self._role_arn = role_arn

    def fork(self) -> ObjectSource:
        return ObjectSource(
            self._make_agent,
            self._make_role,
            self._host,
            self._role_arn,
            stored=self._stored,
            volume_bytes=self.volume_bytes,
        )

    def close(self) -> None:
        """Closes the connections; they open again when they are needed."""
        self._agent.close()
        self._role.close()

    @property
    def s3(self) -> S3:
        return self._s3

    def under(self, uri: S3Uri) -> Iterator[Listed]:
        """Every object whose key starts with the URI's, in byte order. Raises ClientError."""
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
        """The given objects, in their order; those that do not exist are missing. Raises ClientError."""
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
                # The wire has no cheap way to ask; reading tells.
                return [Listed(key, -1) for key in keys]
            found.update({item.key: item for item in page["Objects"]})
        return [found[key] for key in keys if key in found]

    def read(
        self, bucket: str, item: Listed, take: Callable[[bytes], object], restart: Callable[[], object]
    ) -> None:
        """Hands on the bytes of one object. ``restart``: what was handed on is void, it begins again."""
        try:
            # Opened apart from reading: only its absence has a second way.
            file = open(item.path, "rb") if item.path else None  # noqa: SIM115
        except FileNotFoundError:
            file = None  # replaced since it was located; the wire has what is there now
        if file is not None:
            with file:
                while piece := file.read(1 << 20):
                    take(piece)
            return

        def receive(response: ServerResponse) -> None:
            restart()
            for piece in response.chunks():
                take(piece)

        uri = S3Uri(bucket, item.key)
        try:
            self._s3.get(bucket, item.key, receive)
        except ServiceError as error:
            raise self.trouble(error, uri, "s3:GetObject") from error

    def read_range(self, bucket: str, key: str, first: int, last: int, pieces: list[bytes]) -> None:
        """Puts bytes ``first`` to ``last``, both included, into ``pieces``. Raises ClientError."""

        def receive(response: ServerResponse) -> None:
            pieces.clear()
            pieces.extend(response.chunks())

        try:
            self._s3.get_range(bucket, key, first, last, receive)
        except ServiceError as error:
            raise self.trouble(error, S3Uri(bucket, key), "s3:GetObject") from error

    def trouble(self, error: ServiceError, uri: S3Uri, action: str) -> ClientError:
        """The reason for the user when S3 says no."""
        if error.denied:
            return ClientError(
                f"Data access failed: the role {self._role_arn} is not allowed {action} on {uri}. "
                f"Add {action} for it to the role's policy."
            )
        return ClientError(f"Data access failed for {uri}: {error.code or error.status}: {error.message}")

    def _locate(self, request: dict[str, Any], uri: S3Uri) -> dict[str, Any] | None:
        """One page with its objects as Listed; None when the server can't say where objects lie."""
        try:
            page = self._agent.operation("LocateObjects", {"Host": self._host, **request})
        except ServiceError as error:
            if error.code in _CANNOT_LOCATE:
                return None
            action = "s3:ListBucket" if "ListBucket" in error.message else "s3:GetObject"
            raise self.trouble(error, uri, action) from error
        objects = [
            Listed(item["Key"], int(item["Size"]), self._here(item.get("Path"))) for item in page["Objects"]
        ]
        return {**page, "Objects": objects}

    def _listed(self, uri: S3Uri) -> Iterator[Listed]:
        try:
            yield from self._s3.list_objects(uri.bucket, uri.key)
        except ServiceError as error:
            raise self.trouble(error, uri, "s3:ListBucket") from error

    def _here(self, path: str | None) -> str:
        """A path that can be read here, else empty.

        Only of a stored object: whoever has the server's port while it is away, a job perhaps, may answer
        in its place, and can't have other files of this machine staged.
        """
        if not path or not self._stored or not path.startswith(f"{self._stored}/"):
            return ""
        inside = ".." not in path[len(self._stored) :].split("/") and not os.path.islink(path)
        return path if inside and os.access(path, os.R_OK) else ""
