"""Copies content inside the other S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.store.backing.failures import BackingError

from .members import UNNAMED, members_of, tagging_of
from .refusals import DirectRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.store.object_rows import StoredObject

    from .client import DirectClient

WHOLE_BYTES = 5 << 30
"""S3 copies no more at a time."""
PART_BYTES = 1 << 30


def copy_object(
    client: DirectClient,
    source: StoredObject,
    bucket: str,
    key: str,
    attributes: dict[str, Any],
    condition: dict[str, Any],
) -> Any:
    """Returns the answer of the last request. Raises FileNotFoundError when the source was replaced."""
    members = members_of(attributes, encrypts=client.encrypts)
    if "Tags" in attributes:
        members |= {"Tagging": "", **tagging_of(attributes), "TaggingDirective": "REPLACE"}
    same: Any = {"CopySource": _source(source)}
    if source.blob != UNNAMED:
        same["CopySourceIfMatch"] = source.blob
    try:
        if source.size > WHOLE_BYTES:
            members.pop("TaggingDirective", None)
            return _copy_in_parts(client, source.size, bucket, key, same, members, condition)
        with client.asking(bucket) as asked:
            return asked.copy_object(
                Bucket=bucket, Key=key, MetadataDirective="REPLACE", **same, **members, **condition
            )
    except DirectRefused as error:
        if error.code in ("NoSuchKey", "NoSuchVersion") or (error.http_status == 412 and not condition):
            raise FileNotFoundError(f"{source.bucket}/{source.key} was replaced") from error
        raise


def _copy_in_parts(
    client: DirectClient,
    size: int,
    bucket: str,
    key: str,
    same: Any,
    members: dict[str, Any],
    condition: dict[str, Any],
) -> Any:
    place: Any = {"Bucket": bucket, "Key": key}
    with client.asking(bucket) as asked:
        upload = asked.create_multipart_upload(**place, **members)["UploadId"]
        place["UploadId"] = upload
    try:
        done: list[Any] = []
        for number, span in enumerate(_spans(size), start=1):
            with client.asking(bucket) as asked:
                answer = asked.upload_part_copy(**place, **same, PartNumber=number, CopySourceRange=span)
            done.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
        with client.asking(bucket) as asked:
            return asked.complete_multipart_upload(**place, MultipartUpload={"Parts": done}, **condition)
    except BaseException:
        try:
            with client.asking(bucket) as asked:
                asked.abort_multipart_upload(**place)
        except BackingError:
            pass  # the first error says more
        raise


def _spans(size: int) -> Iterator[str]:
    for first in range(0, size, PART_BYTES):
        yield f"bytes={first}-{min(first + PART_BYTES, size) - 1}"


def _source(source: StoredObject) -> Any:
    named: Any = {"Bucket": source.bucket, "Key": source.key}
    return {**named, "VersionId": source.version} if source.version else named
