"""Parses the header ``x-amz-copy-source``: the object that a copy reads.

Clients spell it in many ways: ``bucket/key``, ``/bucket/key``, percent-encoded as a whole or key by key,
with ``+`` for a blank. S3 decodes the header before it checks it, and so does this module. Authorization
and the copy itself use it, so that both always mean the same object.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from .errors import BadRequest

_VERSION = "?versionId="


@dataclass(frozen=True, slots=True)
class CopySource:
    """version: empty when the header names none."""

    bucket: str
    key: str
    version: str = ""


def read_copy_source(text: str) -> CopySource:
    """Parses the header. Raises BadRequest when it does not name an object."""
    # A "?" inside of a key is percent-encoded; this one is not.
    path, _, version = text.partition(_VERSION)
    bucket, _, key = _decoded(path, text).removeprefix("/").partition("/")
    if not bucket or not key:
        raise _refused(text)
    return CopySource(bucket, key, version)


def _decoded(path: str, text: str) -> str:
    try:
        # Headers are Latin-1 on the wire; some clients put UTF-8 into them unencoded.
        return unquote_to_bytes(path.replace("+", " ").encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise _refused(text) from None


def _refused(text: str) -> BadRequest:
    return BadRequest(
        "Invalid copy source object key: it has to be bucket/key, percent-encoded UTF-8",
        code="InvalidArgument",
        members={"ArgumentName": "x-amz-copy-source", "ArgumentValue": text},
    )
