"""Uploads by a browser's form: POST of multipart/form-data to a bucket, served as PutObject.

    fields ──► signature, policy ──► PutObject with the fields as headers ──► file, streamed
    at most 20 KiB, before a byte of the file is taken

Clients make such forms with ``generate_presigned_post``. The fields precede the file; what follows it is
ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from python_multipart.multipart import parse_options_header

from clary.server.form_parts import FormParts, malformed
from clary.services.s3._errors import S3Error, invalid_argument
from clary.wire.http import HttpRequest, HttpResponse
from clary.wire.models import service_model
from clary.wire.post_policy import SizeRange, check_policy
from clary.wire.post_signature import read_form_signature, verify_form
from clary.wire.s3_address import bucket_of
from clary.wire.xml_read import load_xml, read_xml
from clary.wire.xml_text import element

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    from clary.wire.sigv4 import Signature

_HEADERS = frozenset(
    {
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
    }
)
_OF_THE_FORM = frozenset({"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"})
_STATUSES = {"200": 200, "201": 201, "204": 204}


@dataclass(slots=True)
class PostForm:
    """A form whose fields have been read and whose file is still arriving. fields: by names in lower case."""

    bucket: str
    host: str
    scheme: str
    fields: dict[str, str]
    signature: Signature
    _parts: FormParts
    _pieces: AsyncIterator[bytes]
    _size: SizeRange = field(default_factory=SizeRange)

    def check(self, secret: str, now: float) -> None:
        """Raises PlatformError unless ``secret`` signed a policy that allows this form now."""
        policy = self.fields["policy"]
        verify_form(self.signature, policy, secret)
        self._size = check_policy(policy, {**self.fields, "bucket": self.bucket}, now)

    def as_put(self) -> HttpRequest:
        """Returns the equivalent PutObject request."""
        headers = {name: _header(value) for name, value in self.fields.items() if _is_header(name)}
        if "acl" in self.fields:
            headers["x-amz-acl"] = _header(self.fields["acl"])
        if "tagging" in self.fields:
            headers["x-amz-tagging"] = _tags(self.fields["tagging"])
        return HttpRequest("PUT", f"/{quote(self.bucket)}/{quote(self.fields['key'], safe='')}", "", headers)

    async def file(self) -> AsyncIterator[bytes]:
        """Yields the file's bytes. Raises S3Error when they are fewer or more than the policy allows."""
        size = 0
        while True:
            for piece in self._parts.taken():
                size += len(piece)
                if size > self._size.most:
                    raise S3Error(
                        "EntityTooLarge",
                        "Your proposed upload exceeds the maximum allowed size",
                        ProposedSize=size,
                        MaxSizeAllowed=self._size.most,
                    )
                yield piece
            data = await anext(self._pieces, None)
            if data is None:
                break
            self._parts.feed(data)
        if not self._parts.ended:
            raise malformed()
        if size < self._size.least:
            raise S3Error(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=size,
                MinSizeAllowed=self._size.least,
            )

    def respond(self, result: dict[str, Any], request_id: str) -> HttpResponse:
        """Returns the response for a browser: a redirect, a document, or an empty body."""
        key, etag = self.fields["key"], result["ETag"]
        location = f"{self.scheme}://{self.host}/{quote(self.bucket)}/{quote(key)}"
        headers = {"x-amz-request-id": request_id, "x-amz-id-2": request_id, "etag": etag}
        if "VersionId" in result:
            headers["x-amz-version-id"] = result["VersionId"]
        where = self.fields.get("success_action_redirect") or self.fields.get("redirect") or ""
        if _is_page(where):
            query = urlencode({"bucket": self.bucket, "key": key, "etag": etag})
            headers["location"] = f"{where}{'&' if urlsplit(where).query else '?'}{query}"
            return HttpResponse(303, headers, b"")
        headers["location"] = location
        status = _STATUSES.get(self.fields.get("success_action_status", ""), 204)
        if status != 201:
            return HttpResponse(status, headers, b"")
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>'
            f"{element('Location', location)}{element('Bucket', self.bucket)}"
            f"{element('Key', key)}{element('ETag', etag)}</PostResponse>"
        )
        return HttpResponse(201, {**headers, "content-type": "application/xml"}, body.encode())


async def read_form(request: HttpRequest, pieces: AsyncIterator[bytes]) -> PostForm:
    """Reads the fields, up to the file. Raises PlatformError for a malformed or unsigned form."""
    _, options = parse_options_header(request.headers["content-type"])
    parts = FormParts(options.get(b"boundary", b""))
    while not parts.at_file:
        data = await anext(pieces, None)
        if data is None:
            break
        parts.feed(data)
    if not parts.at_file:
        raise invalid_argument("file", "", "POST requires exactly one file upload per request.")
    if not parts.fields.get("key"):
        raise invalid_argument(
            "key",
            "",
            "Bucket POST must contain a field named 'key'. If it is specified, please check the order of "
            "the fields.",
        )
    fields = {**parts.fields, "key": parts.fields["key"].replace("${filename}", parts.file_name)}
    host = request.headers.get("host", "localhost")
    return PostForm(
        bucket_of(request),
        host,
        "https" if request.secure else "http",
        fields,
        read_form_signature(fields),
        parts,
        pieces,
    )


def _is_header(name: str) -> bool:
    return name in _HEADERS or (name.startswith("x-amz-") and name not in _OF_THE_FORM)


def _header(value: str) -> str:
    """Returns a field as text of a header: HTTP headers are bytes, which are read as Latin-1."""
    return value.encode().decode("latin-1")


def _tags(document: str) -> str:
    """The tags of a form are XML; those of a PutObject are a query."""
    shape = service_model("s3").shape_for("Tagging")
    tagging = read_xml(shape, load_xml(document.encode(), "Tagging"))
    return urlencode([(tag.get("Key", ""), tag.get("Value", "")) for tag in tagging.get("TagSet", ())])


def _is_page(where: str) -> bool:
    return where.isascii() and where.isprintable() and urlsplit(where).scheme in ("http", "https")
