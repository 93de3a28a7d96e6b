"""Parses headers and query parameters of S3 requests as S3 does.

botocore's model says what a client may send. S3 is more tolerant: it accepts enumerated values in any case
and ignores malformed conditions. What it refuses has error codes of its own.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest

from .mismatch import Mismatch
from .text_values import read_text

if TYPE_CHECKING:
    from botocore.model import Shape

_ELSEWHERE = frozenset({"OUTPOSTS", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS", "FSX_ONTAP"})
"""Storage classes of other kinds of buckets."""

_IGNORED = frozenset({"ChecksumMode", "OptionalObjectAttributes", "RequestPayer"})
"""Hints: an unknown value is ignored."""

_REFUSED = {
    "ChecksumAlgorithm": (
        "InvalidRequest",
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    ),
    "ChecksumType": ("InvalidRequest", "Value for x-amz-checksum-type header is invalid."),
    "EncodingType": ("InvalidArgument", "Invalid Encoding Method specified in Request"),
    "MaxKeys": ("InvalidArgument", "Provided max-keys not an integer or within integer range"),
    "MetadataDirective": ("InvalidArgument", "Unknown metadata directive."),
    "ObjectAttributes": ("InvalidArgument", "Invalid attribute name specified."),
    "PartNumber": ("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive"),
    "ServerSideEncryption": ("InvalidArgument", "The encryption method specified is not supported"),
    "StorageClass": ("InvalidStorageClass", "The storage class you specified is not valid"),
    "TaggingDirective": ("InvalidArgument", "Unknown tagging directive."),
}


def read_s3_text(name: str, shape: Shape, text: str) -> Any:
    """Returns the value of the member ``name``; None for a value that S3 ignores. Raises BadRequest."""
    enum = shape.metadata.get("enum")
    if shape.type_name != "string" and not text.strip():
        return None  # As in ?max-keys=, which is ignored.
    if enum:
        return _enumerated(name, tuple(enum), text)
    try:
        return read_text(shape, text)
    except Mismatch as mismatch:
        if shape.type_name == "timestamp" and "If" in name:
            return None
        raise _refused(name, text, mismatch.message) from None


def _enumerated(name: str, enum: tuple[str, ...], text: str) -> str | None:
    if not text.strip():
        return None
    value = _spellings(enum).get(text.strip().lower())
    if value is not None and not (name == "StorageClass" and value in _ELSEWHERE):
        return value
    if name in _IGNORED:
        return None
    raise _refused(name, text, f"the value has to be one of {', '.join(enum)}")


@cache
def _spellings(enum: tuple[str, ...]) -> dict[str, str]:
    return {value.lower(): value for value in enum}


def _refused(name: str, text: str, otherwise: str) -> BadRequest:
    code, message = _REFUSED.get(name, ("InvalidArgument", f"{name}: {otherwise}"))
    return BadRequest(message, code=code, members={"ArgumentName": name, "ArgumentValue": text[:1024]})
