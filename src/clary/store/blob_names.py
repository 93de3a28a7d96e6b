"""The names that rows have of content.

    ab12...             a file                          BlobFiles
    #17                 row 17 of ``contents``          content_rows
    @ab12...            content in the S3 behind Clary  backing
    @ab12...:<id>       an upload in parts there
    @ab12...:<etag>     a part of that upload

An empty name is a delete marker's.
"""

from __future__ import annotations

_BACKING = "@"


def is_backing(blob: str) -> bool:
    return blob.startswith(_BACKING)


def backing_name(blob: str) -> str:
    """Returns the name in the bucket: 32 hexadecimal digits."""
    return blob[1:33]


def of_backing(name: str, detail: str = "") -> str:
    """Returns the name in rows. detail: the id of an upload, or the ETag of a part."""
    return f"{_BACKING}{name}:{detail}" if detail else f"{_BACKING}{name}"


def detail_of(blob: str) -> str:
    return blob.partition(":")[2]


def whole(blob: str) -> str:
    """Returns the name of the content that a name is, or is a part of."""
    return blob.partition(":")[0]
