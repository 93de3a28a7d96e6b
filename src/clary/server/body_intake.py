"""Receives one payload: decodes its framing, hashes it, writes it, and checks it against the headers."""

from __future__ import annotations

import base64
import binascii
import errno
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from clary.services.s3 import _errors as errors
from clary.store.checksums import ALGORITHMS, encode
from clary.wire.chunked import decoder_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clary.store.object_store import S3Store
    from clary.store.staging import BlobWriter, StagedBlob
    from clary.wire.http import HttpRequest
    from clary.wire.sigv4 import Signature

Result = TypeVar("Result")

OBJECT_LIMIT_BYTES = 5 << 30
"""S3's limit for one PUT."""

CHECKSUM = "x-amz-checksum-"


class BodyIntake:
    """Receives one payload. Not for two threads at a time, except ``discard``, which any thread may call."""

    def __init__(
        self,
        blobs: S3Store,
        request: HttpRequest,
        params: dict[str, Any],
        signature: Signature,
        secret: str,
    ) -> None:
        """Reads the headers; raises S3's errors for what is wrong in them."""
        headers = request.headers
        self._blobs = blobs
        self._params = params
        self._payload_hash = signature.payload_hash
        self.announced_bytes = _announced_bytes(headers)
        """The size of the payload; None when the headers do not give it."""
        self.goes_far = blobs.goes_far(self.announced_bytes, part="UploadId" in params)
        """Whether it waits for another machine, and not for this disk."""
        self._decoder = decoder_for(signature, secret, decoded_length=self.announced_bytes)
        self._md5 = _content_md5(headers)
        self._expected = dict(_expected_checksums(headers))
        self._wanted = {*self._expected, *_trailing_checksums(headers), *_named_algorithm(headers)}
        for algorithm in self._wanted - set(ALGORITHMS):
            raise errors.not_implemented(
                f"The checksum algorithm {algorithm}", f"use one of {', '.join(ALGORITHMS)}"
            )
        if len(self._wanted) > 1:
            raise errors.invalid_request("Expecting a single x-amz-checksum- header")
        self._trailing = set(_trailing_checksums(headers))
        self._lock = threading.Lock()
        self._writer: BlobWriter | None = None
        self._staged: StagedBlob | None = None
        self._discarded = False

    def open(self) -> None:
        """Creates the file to write to. Raises S3's errors when there is no such bucket or upload."""
        with self._lock, _disk_errors():
            if not self._blobs.buckets.exists(self._params["Bucket"]):
                raise errors.no_such_bucket(self._params["Bucket"])
            self._open()

    def take(self, pieces: list[bytes]) -> None:
        """Writes the next bytes of the body, in as many pieces as they came: joining them would copy them.

        Does nothing after ``discard``: whoever gave the request up waits for no answer, and no error.
        """
        with self._lock, _disk_errors():
            for piece in pieces:
                if self._discarded:
                    return
                self._take(piece)

    def finish(self, pieces: list[bytes], keep: Callable[[StagedBlob], Result]) -> Result:
        """Takes the last bytes and returns what ``keep`` makes of the content.

        The content is durable and matches the headers by then; otherwise this raises S3's errors. ``discard``
        waits until ``keep`` has returned, and leaves alone what ``keep`` has stored.
        """
        with self._lock, _disk_errors():
            for piece in pieces:
                self._take(piece)
            writer = self._open()
            if self._decoder is not None:
                self._decoder.finish()
            self._check(writer)
            staged = writer.finish()
            self._writer = None
            if self._md5 is not None and self._md5 != staged.md5:
                staged.discard()
                raise errors.bad_digest("Content-MD5")
            staged.checksums = {name: staged.checksums[name] for name in self._wanted}
            self._staged = staged
            return keep(staged)

    def discard(self) -> None:
        with self._lock:
            self._discarded = True
            if self._writer is not None:
                self._writer.discard()
                self._writer = None
            if self._staged is not None:
                self._staged.discard()

    def _open(self) -> BlobWriter:
        if self._writer is None:
            if self._discarded:
                raise errors.try_again("the request was given up")
            self._writer = self._place()
        return self._writer

    def _place(self) -> BlobWriter:
        signed = {"SHA256"} if len(self._payload_hash) == 64 else set()
        if "UploadId" not in self._params:
            return self._blobs.stage(self._wanted | signed)
        named = (self._params["Bucket"], self._params["Key"], self._params["UploadId"])
        upload = self._blobs.uploads.find(*named)
        if upload is None:
            if not self._blobs.buckets.exists(self._params["Bucket"]):
                raise errors.no_such_bucket(self._params["Bucket"])
            raise errors.no_such_upload(self._params["UploadId"])
        if algorithm := upload.attributes.get("ChecksumAlgorithm"):
            self._wanted.add(algorithm)
        return self._blobs.uploads.stage_part(
            upload, self._params["PartNumber"], self.announced_bytes, self._wanted | signed
        )

    def _take(self, data: bytes) -> None:
        payload = data if self._decoder is None else self._decoder.feed(data)
        if not payload:
            return
        writer = self._open()
        size = writer.size + len(payload)
        if self.announced_bytes is not None and size > self.announced_bytes:
            raise _incomplete(self.announced_bytes, size)
        if size > OBJECT_LIMIT_BYTES:
            raise _too_large(size)
        writer.write(payload)

    def _check(self, writer: BlobWriter) -> None:
        if self.announced_bytes is not None and writer.size != self.announced_bytes:
            raise _incomplete(self.announced_bytes, writer.size)
        if len(self._payload_hash) == 64 and writer.digest("SHA256").hex() != self._payload_hash.lower():
            raise errors.S3Error(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                ClientComputedContentSHA256=self._payload_hash,
                S3ComputedContentSHA256=writer.digest("SHA256").hex(),
            )
        for algorithm in self._trailing:
            value = self._decoder.trailers.get(CHECKSUM + algorithm.lower()) if self._decoder else None
            if value is None:
                raise errors.S3Error(
                    "MalformedTrailerError",
                    "The request contained trailing data that was not well-formed or did not conform to our "
                    f"published schema: {CHECKSUM}{algorithm.lower()} is announced and does not come.",
                )
            self._expected[algorithm] = value
        for algorithm, value in self._expected.items():
            if encode(writer.digest(algorithm)) != value:
                raise errors.bad_digest(algorithm)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise errors.out_of_space() from error
        raise


def _announced_bytes(headers: Mapping[str, str]) -> int | None:
    name = "x-amz-decoded-content-length"
    if name not in headers:
        if headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
            raise errors.S3Error(
                "MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.", 411
            )
        name = "content-length"
        if name not in headers:
            return None
    text = headers[name].strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise errors.invalid_argument(name, text, f"{name} has to be a number of bytes")
    if int(text) > OBJECT_LIMIT_BYTES:
        raise _too_large(int(text))
    return int(text)


def _content_md5(headers: Mapping[str, str]) -> bytes | None:
    if "content-md5" not in headers:
        return None
    digest = _from_base64(headers["content-md5"])
    if digest is None or len(digest) != 16:
        raise errors.S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.")
    return digest


def _expected_checksums(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        algorithm = name.removeprefix(CHECKSUM).upper()
        if name.startswith(CHECKSUM) and algorithm not in ("ALGORITHM", "TYPE", "MODE"):
            if _from_base64(value) is None:
                raise errors.invalid_request(f"Value for {name} header is invalid.")
            yield algorithm, value


def _trailing_checksums(headers: Mapping[str, str]) -> Iterator[str]:
    for name in headers.get("x-amz-trailer", "").lower().split(","):
        if name.strip().startswith(CHECKSUM):
            yield name.strip().removeprefix(CHECKSUM).upper()


def _named_algorithm(headers: Mapping[str, str]) -> Iterator[str]:
    name = headers.get("x-amz-sdk-checksum-algorithm", "")
    if name:
        yield name.upper()


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _incomplete(announced: int, came: int) -> errors.S3Error:
    return errors.S3Error(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
        NumberBytesExpected=announced,
        NumberBytesProvided=came,
    )


def _too_large(size: int) -> errors.S3Error:
    return errors.S3Error(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size; send it in parts",
        ProposedSize=size,
        MaxSizeAllowed=OBJECT_LIMIT_BYTES,
    )
