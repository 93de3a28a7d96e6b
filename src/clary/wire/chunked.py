"""Decodes the aws-chunked body of an upload: frames around the payload, and trailers after it.

    10000;chunk-signature=ad80…\\r\\n     a size in hex, and in the signed kinds a signature
    …65536 bytes…\\r\\n
    0;chunk-signature=b6c6…\\r\\n         the last chunk is empty
    x-amz-checksum-crc32:sOO8/Q==\\r\\n   only in the kinds with a trailer
    x-amz-trailer-signature:63bd…\\r\\n   only in the signed kind with a trailer
    \\r\\n

Each signature covers its chunk and the previous signature; the first one covers the request's own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, Unauthenticated
from clary.domain.signing import EMPTY_SHA256, signature, signing_key

if TYPE_CHECKING:
    from .sigv4 import Signature

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

_MAX_LINE_BYTES = 1024
_SMALL_CHUNKS = 1_000
_SMALL_CHUNK_BYTES = 1024
"""With more chunks than _SMALL_CHUNKS, their average has to be this. S3 refuses chunks below 8 KiB."""
_MAX_TRAILER_BYTES = 16 * 1024
_HEAD = re.compile(rb"([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"


class _State(Enum):
    """The next thing that the decoder expects."""

    HEAD = "the first line of a chunk"
    DATA = "the payload of a chunk"
    DATA_END = "the line end after a payload"
    TRAILER = "a line of the trailer"
    LAST = "the empty line at the end"
    END = "nothing"


@dataclass(frozen=True, slots=True)
class ChunkSigning:
    """The values that sign the chunks of one upload.

    key: the signing key; date: as ``amz_date`` spells it; seed: the signature of the request itself.
    """

    key: bytes
    date: str
    scope: str
    seed: str


def decoder_for(
    signed: Signature, secret: str, *, decoded_length: int | None = None
) -> ChunkedDecoder | None:
    """Returns the decoder for the body of a verified upload; None for a body that is not chunked."""
    if not signed.payload_hash.startswith("STREAMING-"):
        return None
    key = signing_key(secret, signed.day, signed.region, signed.service)
    signing = ChunkSigning(key, signed.date, signed.scope, signed.signature)
    return ChunkedDecoder(signed.payload_hash, signing, decoded_length=decoded_length)


class ChunkedDecoder:
    """Removes the frames from one upload, piece by piece. For one thread at a time.

    Payload is returned as it arrives. In the signed kinds a chunk is verified only when its last byte has
    arrived, so the payload must not be used before ``finish`` has returned.

    Raises BadRequest (IncompleteBody) for frames that are malformed or cut short, and Unauthenticated
    (SignatureDoesNotMatch) for a chunk with another signature. A decoder that raised can't be used again.
    """

    def __init__(
        self, payload_hash: str, signing: ChunkSigning | None = None, *, decoded_length: int | None = None
    ) -> None:
        """payload_hash: which kind of ``STREAMING-...``; the signed kinds need ``signing``.

        decoded_length: what the header x-amz-decoded-content-length announces, in bytes.
        """
        if payload_hash not in (SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER):
            raise BadRequest(
                f"x-amz-content-sha256 is {payload_hash[:64]!r}; of the streaming kinds, "
                f"{SIGNED}, {SIGNED_TRAILER} and {UNSIGNED_TRAILER} are supported",
                code="InvalidArgument",
            )
        if payload_hash != UNSIGNED_TRAILER and signing is None:
            raise ValueError(f"{payload_hash} needs a key")
        self.trailers: dict[str, str] = {}
        """By names in lower case; complete when ``finish`` has returned."""
        self._has_trailer = payload_hash != SIGNED
        self._signing = signing if payload_hash != UNSIGNED_TRAILER else None
        self._previous = signing.seed if signing is not None else ""
        self._expected = decoded_length
        self._size = self._chunks = 0
        self._buffer = b""
        """Bytes that are not yet a complete line."""
        self._left = 0
        """Missing bytes of the current chunk."""
        self._state = _State.HEAD
        self._chunk_signature = ""
        self._chunk_hash = hashlib.sha256()
        self._trailer_lines: list[bytes] = []
        self._trailer_bytes = 0

    def feed(self, data: bytes | memoryview) -> bytes:
        """Returns the payload in a piece of the body. The piece may have any size."""
        if self._state is _State.DATA and self._left >= len(data):
            # The common case: a piece from the middle of a chunk is returned as it is.
            self._take(data)
            return bytes(data)
        rest = memoryview(self._buffer + bytes(data)) if self._buffer else memoryview(data)
        self._buffer = b""
        payload: list[memoryview] = []
        at = 0
        while at < len(rest):
            if self._state is _State.DATA:
                piece = rest[at : at + self._left]
                self._take(piece)
                payload.append(piece)
                at += len(piece)
                continue
            line_end = self._line_end(rest, at)
            if line_end < 0:
                self._buffer = bytes(rest[at:])
                break
            self._read_line(bytes(rest[at:line_end]))
            at = line_end + 2
        return b"".join(payload)

    def finish(self) -> None:
        """Call at the end of the body. Raises BadRequest unless it was complete."""
        if self._state is not _State.END or self._buffer:
            raise _incomplete("the body does not end with its last chunk")
        if self._expected is not None and self._size != self._expected:
            raise _incomplete(
                f"x-amz-decoded-content-length is {self._expected}, and {self._size} bytes came"
            )

    def _take(self, piece: bytes | memoryview) -> None:
        self._left -= len(piece)
        self._size += len(piece)
        if self._expected is not None and self._size > self._expected:
            raise _incomplete(f"more than the {self._expected} bytes of x-amz-decoded-content-length came")
        if self._signing is not None:
            self._chunk_hash.update(piece)
        if self._left == 0:
            self._prove_chunk()
            self._state = _State.DATA_END

    def _line_end(self, rest: memoryview, at: int) -> int:
        limit = _MAX_TRAILER_BYTES if self._state is _State.TRAILER else _MAX_LINE_BYTES
        line_end = bytes(rest[at : at + limit]).find(b"\r\n")
        if line_end < 0 and len(rest) - at >= limit:
            raise _malformed("a line of the framing is too long")
        return line_end if line_end < 0 else at + line_end

    def _read_line(self, line: bytes) -> None:
        if self._state is _State.HEAD:
            self._read_head(line)
        elif self._state is _State.DATA_END:
            if line:
                raise _malformed("a chunk is longer than it says")
            self._state = _State.HEAD
        elif self._state is _State.TRAILER:
            self._read_trailer(line)
        elif line:
            raise _malformed("something follows the last chunk")
        else:
            self._state = _State.END

    def _read_head(self, line: bytes) -> None:
        found = _HEAD.fullmatch(line)
        if found is None or (self._signing is not None and found[2] is None):
            raise _malformed("a chunk has to begin with its size in hex, and its signature if it is signed")
        self._left = int(found[1], 16)
        self._chunks += 1
        if self._chunks > _SMALL_CHUNKS and self._size < (self._chunks - 1) * _SMALL_CHUNK_BYTES:
            # Each chunk costs a signature: chunks of one byte would keep a thread busy for a day.
            raise BadRequest(
                "Only the last chunk is allowed to have a size less than 8192 bytes",
                code="InvalidChunkSizeError",
            )
        self._chunk_signature = (found[2] or b"").decode()
        self._chunk_hash = hashlib.sha256()
        if self._left > 0:
            self._state = _State.DATA
            return
        self._prove_chunk()
        self._state = _State.TRAILER if self._has_trailer else _State.LAST

    def _read_trailer(self, line: bytes) -> None:
        if line:
            self._trailer_bytes += len(line)
            if self._trailer_bytes > _MAX_TRAILER_BYTES:
                raise _malformed("the trailer is too long")
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or not name.strip():
                raise _malformed("a line of the trailer has to be name:value")
            self.trailers[name.strip().lower()] = value.strip()
            return
        if self._signing is not None:
            given = self.trailers.pop(_TRAILER_SIGNATURE, "")
            self._prove("AWS4-HMAC-SHA256-TRAILER", [_sha256_of(self.trailers)], given)
        self._state = _State.END

    def _prove_chunk(self) -> None:
        if self._signing is not None:
            hashes = [EMPTY_SHA256, self._chunk_hash.hexdigest()]
            self._prove("AWS4-HMAC-SHA256-PAYLOAD", hashes, self._chunk_signature)

    def _prove(self, algorithm: str, hashes: list[str], given: str) -> None:
        assert self._signing is not None
        text = "\n".join([algorithm, self._signing.date, self._signing.scope, self._previous, *hashes])
        expected = signature(self._signing.key, text)
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise Unauthenticated(
                "The signature of a chunk does not match the one the server calculated",
                code="SignatureDoesNotMatch",
                http_status=403,
            )
        self._previous = given


def _sha256_of(trailers: dict[str, str]) -> str:
    return hashlib.sha256(
        "".join(f"{name}:{value}\n" for name, value in trailers.items()).encode()
    ).hexdigest()


def _malformed(message: str) -> BadRequest:
    return BadRequest(f"the aws-chunked body is malformed: {message}", code="IncompleteBody")


def _incomplete(message: str) -> BadRequest:
    return BadRequest(
        f"You did not provide the number of bytes specified by the Content-Length HTTP header: {message}",
        code="IncompleteBody",
    )
