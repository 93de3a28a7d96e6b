"""The operations of S3 that a host needs: list, get, put, upload parts, delete. Signed as the job's role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from .service import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .checksum import KnownCrc
    from .connection import FilePart, ServerResponse
    from .service import Service


@dataclass(frozen=True, slots=True)
class S3Uri:
    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> S3Uri:
        """Parses ``s3://bucket[/key]``. Raises ValueError for anything else."""
        scheme, _, rest = text.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise ValueError(f"{text!r} is not an S3 URI; it should look like s3://bucket/key")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Listed:
    """One object of a listing.

    path: the file on this machine that holds its bytes; empty when S3 has to be asked. etag: without quotes.
    granted: the server has said for this job that its role may read the object. checksum: that of its
    content, where the server knows one that can be checked here. url: where its bytes lie in another S3.
    url_etag: what that S3 has to answer there, where anybody may replace it; empty when nobody may.
    """

    key: str
    size_bytes: int
    path: str = ""
    etag: str = ""
    granted: bool = False
    checksum: KnownCrc | None = None
    url: str = ""
    url_etag: str = ""


class S3:
    """A client of S3, for one thread at a time.

    All methods raise ServiceError when the request is refused.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def list_objects(self, bucket: str, prefix: str) -> Iterator[Listed]:
        """Yields the objects of a prefix, in byte order of their keys."""
        token = ""
        while True:
            query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
            if token:
                query["continuation-token"] = token
            page = self._service.call("s3", "GET", f"/{bucket}?{_query(query)}", {})
            objects, token = _listing(page)
            yield from objects
            if not token:
                return

    def get(
        self,
        bucket: str,
        key: str,
        receive: Callable[[ServerResponse], object],
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        """Passes the response to ``receive``, and does so again when the connection is lost meanwhile.

        headers: of the request, such as Range; a function is asked before each try.
        """
        self._service.call("s3", "GET", _target(bucket, key), headers or {}, receive=receive)

    def put(self, bucket: str, key: str, content: bytes | FilePart) -> None:
        self._service.call("s3", "PUT", _target(bucket, key), {}, content)

    def create_upload(self, bucket: str, key: str) -> str:
        """Begins a multipart upload; returns its id."""
        page = self._service.call("s3", "POST", f"{_target(bucket, key)}?uploads=", {})
        return _text(page, "UploadId")

    def put_part(self, bucket: str, key: str, upload: str, number: int, content: FilePart) -> str:
        """Uploads one part; returns its ETag. The same part may be sent again."""
        query = _query({"partNumber": str(number), "uploadId": upload})
        etag: str = self._service.call("s3", "PUT", f"{_target(bucket, key)}?{query}", {}, content, _etag)
        return etag

    def complete_upload(self, bucket: str, key: str, upload: str, etags: Sequence[str]) -> None:
        """Makes the object of all parts. etags: those of the parts, in order."""
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            for number, etag in enumerate(etags, start=1)
        )
        body = (
            '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"{parts}</CompleteMultipartUpload>"
        )
        self._service.call("s3", "POST", _upload(bucket, key, upload), {}, body.encode(), _completed)

    def abort_upload(self, bucket: str, key: str, upload: str) -> None:
        """Removes the parts of an upload."""
        self._service.call("s3", "DELETE", _upload(bucket, key, upload), {})

    def delete(self, bucket: str, key: str) -> None:
        """Deletes an object. One that does not exist is no error."""
        self._service.call("s3", "DELETE", _target(bucket, key), {})


def _target(bucket: str, key: str) -> str:
    return f"/{bucket}/{quote(key, safe='/~')}"


def _upload(bucket: str, key: str, upload: str) -> str:
    return f"{_target(bucket, key)}?{_query({'uploadId': upload})}"


def _query(parameters: dict[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='~')}" for name, value in sorted(parameters.items()))


def _etag(response: ServerResponse) -> str:
    response.read()
    return response.headers["etag"]


def _completed(response: ServerResponse) -> None:
    """S3 may find after the head of its answer that it can't complete an upload: an error with status 200."""
    body = response.read()
    if b"<Error>" in body:
        raise refusal(500, body)


def _listing(page: bytes) -> tuple[list[Listed], str]:
    """Returns the objects of one page and the token of the next page, which is empty at the end."""
    from urllib.parse import unquote_plus
    from xml.etree import ElementTree  # takes 5 ms; not needed where objects are files of this machine

    root = ElementTree.fromstring(page)
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    decode = unquote_plus if root.findtext(f"{space}EncodingType") == "url" else str
    objects = [
        Listed(
            decode(item.findtext(f"{space}Key") or ""),
            int(item.findtext(f"{space}Size") or 0),
            etag=(item.findtext(f"{space}ETag") or "").strip('"'),
        )
        for item in root.iter(f"{space}Contents")
    ]
    more = root.findtext(f"{space}IsTruncated") == "true"
    return objects, (root.findtext(f"{space}NextContinuationToken") or "") if more else ""


def _text(page: bytes, tag: str) -> str:
    from xml.etree import ElementTree

    for element in ElementTree.fromstring(page).iter():
        if element.tag.rpartition("}")[2] == tag:
            return element.text or ""
    raise ValueError(f"the answer has no {tag}")
