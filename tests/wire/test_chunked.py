"""The frames of aws-chunked uploads, cut anywhere."""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from itertools import pairwise
from typing import Any

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.signers import SECRET, signed

from clary.domain.errors import BadRequest, PlatformError, Unauthenticated
from clary.domain.signing import EMPTY_SHA256, signature, signing_key
from clary.wire.chunked import (
    SIGNED,
    SIGNED_TRAILER,
    UNSIGNED_TRAILER,
    ChunkedDecoder,
    ChunkSigning,
    decoder_for,
)
from clary.wire.sigv4 import read_signature

KEY = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3")
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
SIGNING = ChunkSigning(KEY, "20130524T000000Z", "20130524/us-east-1/s3/aws4_request", SEED)
"""Of the example in the documentation of S3: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html"""

PAYLOAD = bytes(range(256)) * 40
CHUNKS = [PAYLOAD[:4096], PAYLOAD[4096:4097], PAYLOAD[4097:]]


def frames(chunks: list[bytes], *, signing: ChunkSigning | None, trailer: dict[str, str] | None) -> bytes:
    """The body as a client makes it, by the documentation's words."""
    out, previous = b"", signing.seed if signing is not None else ""
    for chunk in [*chunks, b""]:
        extension = b""
        if signing is not None:
            hashes = [EMPTY_SHA256, hashlib.sha256(chunk).hexdigest()]
            previous = chunk_mac(signing, "AWS4-HMAC-SHA256-PAYLOAD", previous, hashes)
            extension = f";chunk-signature={previous}".encode()
        out += f"{len(chunk):x}".encode() + extension + b"\r\n"
        out += chunk + b"\r\n" if chunk else b""
    for name, value in (trailer or {}).items():
        out += f"{name}:{value}\r\n".encode()
    if signing is not None and trailer is not None:
        lines = "".join(f"{name}:{value}\n" for name, value in trailer.items())
        hashes = [hashlib.sha256(lines.encode()).hexdigest()]
        mac = chunk_mac(signing, "AWS4-HMAC-SHA256-TRAILER", previous, hashes)
        out += f"x-amz-trailer-signature:{mac}\r\n".encode()
    return out + b"\r\n"


def chunk_mac(signing: ChunkSigning, algorithm: str, previous: str, hashes: list[str]) -> str:
    return signature(signing.key, "\n".join([algorithm, signing.date, signing.scope, previous, *hashes]))


TRAILER = {"x-amz-checksum-crc32": "sOO8/Q=="}
KINDS: dict[str, Any] = {
    SIGNED: frames(CHUNKS, signing=SIGNING, trailer=None),
    SIGNED_TRAILER: frames(CHUNKS, signing=SIGNING, trailer=TRAILER),
    UNSIGNED_TRAILER: frames(CHUNKS, signing=None, trailer=TRAILER),
}


def decode(
    kind: str, body: bytes, cuts: list[int] | None = None, **options: Any
) -> tuple[bytes, dict[str, str]]:
    decoder = ChunkedDecoder(kind, SIGNING, **options)
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts or []), len(body)]
    pieces = [decoder.feed(body[start:end]) for start, end in pairwise(edges)]
    decoder.finish()
    return b"".join(pieces), decoder.trailers


def test_the_example_of_the_documentation_is_accepted() -> None:
    macs = [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]
    body = b"".join(
        f"{size:x};chunk-signature={mac}\r\n".encode() + b"a" * size + b"\r\n"
        for size, mac in zip([65536, 1024, 0], macs, strict=True)
    )

    payload, trailers = decode(SIGNED, body)

    assert payload == b"a" * 66560
    assert trailers == {}


@pytest.mark.parametrize("kind", KINDS)
@given(cuts=st.lists(st.integers(0, 100_000), max_size=12))
def test_a_body_may_be_cut_anywhere(kind: str, cuts: list[int]) -> None:
    payload, trailers = decode(kind, KINDS[kind], cuts, decoded_length=len(PAYLOAD))

    assert payload == PAYLOAD
    assert trailers == ({} if kind == SIGNED else TRAILER)


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_may_come_byte_by_byte(kind: str) -> None:
    payload, _ = decode(kind, KINDS[kind], list(range(len(KINDS[kind]))))

    assert payload == PAYLOAD


@pytest.mark.parametrize("size", [0, 1, 5000])
def test_what_botocore_streams_is_read(size: int) -> None:
    content = bytes(size)
    body = AwsChunkedWrapper(
        io.BytesIO(content), Crc32Checksum, "x-amz-checksum-crc32", chunk_size=1024
    ).read()

    payload, trailers = decode(UNSIGNED_TRAILER, body)

    assert payload == content
    crc = base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
    assert trailers == {"x-amz-checksum-crc32": crc}


@pytest.mark.parametrize("kind", [SIGNED, SIGNED_TRAILER])
@given(at=st.integers(0, len(KINDS[SIGNED]) - 1), bit=st.integers(0, 7))
def test_one_changed_bit_of_a_signed_body_is_refused(kind: str, at: int, bit: int) -> None:
    body = bytearray(KINDS[kind])
    body[at] ^= 1 << bit

    # The case of a size's hex digits is the one thing that means the same both ways.
    if bytes(body).lower() != KINDS[kind].lower() or not chr(body[at]).isalpha():
        with pytest.raises(PlatformError) as caught:
            decode(kind, bytes(body))
        assert caught.value.code in ("SignatureDoesNotMatch", "IncompleteBody")


def test_chunks_in_another_order_are_refused() -> None:
    swapped = frames([b"b" * 10, b"a" * 10], signing=SIGNING, trailer=None)
    lines = swapped.split(b"\r\n")
    lines[0:2], lines[2:4] = lines[2:4], lines[0:2]

    with pytest.raises(Unauthenticated):
        decode(SIGNED, b"\r\n".join(lines))


def test_a_changed_trailer_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        decode(SIGNED_TRAILER, KINDS[SIGNED_TRAILER].replace(b"sOO8", b"tOO8"))


def test_a_trailer_without_a_signature_is_refused_in_the_signed_kind() -> None:
    body = KINDS[SIGNED_TRAILER]
    cut = body.index(b"x-amz-trailer-signature")

    with pytest.raises(Unauthenticated):
        decode(SIGNED_TRAILER, body[:cut] + b"\r\n")


def test_unsigned_chunks_are_refused_in_the_signed_kind() -> None:
    with pytest.raises(BadRequest, match="signature"):
        decode(SIGNED, frames(CHUNKS, signing=None, trailer=None))


@pytest.mark.parametrize("kind", KINDS)
@given(length=st.integers(0, len(KINDS[SIGNED]) - 1))
def test_a_body_that_ends_early_is_refused(kind: str, length: int) -> None:
    with pytest.raises(BadRequest) as caught:
        decode(kind, KINDS[kind][: length % len(KINDS[kind])])

    assert caught.value.code == "IncompleteBody"


@pytest.mark.parametrize(
    "body",
    [
        b"xyz\r\n",
        b"-1\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\n",
        b"3\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\n0\n\n",
        b"\r\n",
        b"5" * 5000,
        b"0\r\nno colon\r\n\r\n",
        b"0\r\n" + b"a:b\r\n" * 10_000,
        b"0\r\n" + b"a" * 20_000,
        b"0\r\n\r\nmore\r\n",
        b"0\r\n\r\nmore",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_malformed_frames_are_refused(body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        decode(UNSIGNED_TRAILER, body)

    assert caught.value.code == "IncompleteBody"


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_no_body_breaks_the_decoder(body: bytes, cuts: list[int]) -> None:
    for kind in KINDS:
        with pytest.raises(PlatformError):
            decode(kind, body + b"\xff", cuts)


@pytest.mark.parametrize("announced", [0, len(PAYLOAD) - 1, len(PAYLOAD) + 1])
def test_a_body_of_another_length_than_announced_is_refused(announced: int) -> None:
    with pytest.raises(BadRequest, match="x-amz-decoded-content-length"):
        decode(UNSIGNED_TRAILER, KINDS[UNSIGNED_TRAILER], decoded_length=announced)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BadRequest, match="STREAMING-AWS4-ECDSA"):
        ChunkedDecoder("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")


def test_a_request_tells_whether_it_needs_a_decoder() -> None:
    context: dict[str, object] = {"checksum": {"request_algorithm": {"in": "trailer"}}}
    plain = signed("PUT", "http://localhost:9000/b/k", service="s3")
    chunked = signed("PUT", "http://localhost:9000/b/k", service="s3", context=context)

    assert decoder_for(read_signature(plain), SECRET) is None
    decoder = decoder_for(read_signature(chunked), SECRET, decoded_length=2)
    assert decoder is not None
    assert decoder.feed(b"2\r\nhi\r\n0\r\n\r\n") == b"hi"
    decoder.finish()


def test_chunks_of_a_byte_each_are_refused_after_some() -> None:
    decoder = ChunkedDecoder(UNSIGNED_TRAILER)
    with pytest.raises(BadRequest) as error:
        decoder.feed(b"1\r\na\r\n" * 100_000)

    assert error.value.code == "InvalidChunkSizeError"


def test_a_few_small_chunks_are_taken() -> None:
    chunks = [b"a"] * 900 + [b"b" * 65_536] * 40
    body = frames(chunks, signing=None, trailer={})

    assert ChunkedDecoder(UNSIGNED_TRAILER).feed(body) == b"".join(chunks)
