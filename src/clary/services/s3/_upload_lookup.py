"""Finds the upload that a request names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _errors as errors
from ._targets import check_bucket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context
    from clary.store.upload_rows import Upload

PART_NUMBER_LIMIT = 10_000


def find_upload(ctx: Context, request: Mapping[str, Any]) -> Upload:
    """Raises NoSuchBucket, and NoSuchUpload, also for an upload of another key."""
    upload = ctx.blobs.uploads.find(request["Bucket"], request["Key"], request["UploadId"])
    if upload is None:
        check_bucket(ctx, request["Bucket"])
        raise errors.no_such_upload(request["UploadId"])
    return upload


def check_part_number(number: int) -> None:
    if not 1 <= number <= PART_NUMBER_LIMIT:
        raise errors.invalid_argument(
            "partNumber",
            number,
            f"Part number must be an integer between 1 and {PART_NUMBER_LIMIT}, inclusive",
        )


def checksum_names(upload: Upload) -> dict[str, str]:
    """Returns ChecksumAlgorithm and ChecksumType of an upload, if it has them."""
    names = ("ChecksumAlgorithm", "ChecksumType")
    return {name: upload.attributes[name] for name in names if name in upload.attributes}
