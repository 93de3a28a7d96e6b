"""Tag sets: from a header and from XML, with S3's limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3.type_defs import TagTypeDef

OBJECT_LIMIT = 10
BUCKET_LIMIT = 50

_TEXT = re.compile(r"[\w\s+\-=.:/@]*")
"""Letters, digits and white space of any script, and these signs."""

_RESERVED = {
    OBJECT_LIMIT: "Your TagKey cannot be prefixed with aws:",
    BUCKET_LIMIT: "System tags cannot be added/updated by requester",
}


def tags_of_header(text: str) -> dict[str, str]:
    """Parses ``x-amz-tagging: a=b&c=d``, percent-encoded. Raises S3Error."""
    try:
        # A key may have no value.
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise errors.invalid_argument(
            "x-amz-tagging",
            text,
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL "
            "query parameters without tag name duplicates.",
        ) from None
    return _checked(pairs, OBJECT_LIMIT)


def tags_of_set(tag_set: Sequence[TagTypeDef], limit: int = OBJECT_LIMIT) -> dict[str, str]:
    return _checked([(tag["Key"], tag["Value"]) for tag in tag_set], limit)


def tag_set(tags: dict[str, str]) -> list[dict[str, Any]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _checked(pairs: list[tuple[str, str]], limit: int) -> dict[str, str]:
    tags = dict(pairs)
    if len(tags) != len(pairs):
        raise errors.S3Error("InvalidTag", "Cannot provide multiple Tags with the same key")
    if len(tags) > limit:
        what = "Object tags" if limit == OBJECT_LIMIT else "Bucket tag count"
        raise errors.S3Error("BadRequest", f"{what} cannot be greater than {limit}")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise errors.S3Error("InvalidTag", _RESERVED[limit], TagKey=key)
        if not 1 <= len(key) <= 128 or not _TEXT.fullmatch(key):
            raise errors.S3Error("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
        if len(value) > 256 or not _TEXT.fullmatch(value):
            raise errors.S3Error("InvalidTag", "The TagValue you have provided is invalid", TagValue=value)
    return tags
