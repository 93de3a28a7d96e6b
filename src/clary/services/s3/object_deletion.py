"""Deletes objects and their versions, one or many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.store.buckets import BucketMissing

from . import _errors as errors
from ._conditions import write_guard
from ._targets import check_key, check_target, is_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_s3.type_defs import (
        DeleteObjectRequestTypeDef,
        DeleteObjectsRequestTypeDef,
        ObjectIdentifierTypeDef,
    )

    from clary.services.context import Context, Document
    from clary.store.object_changes import Deletion, Doomed

DELETE_LIMIT = 1000


def delete_object(ctx: Context, request: DeleteObjectRequestTypeDef) -> Document:
    """Deleting a missing object succeeds."""
    check_target(ctx, request)
    _check_conditions(request, "IfMatchLastModifiedTime", "IfMatchSize")
    deletion = _delete(ctx, request["Bucket"], [request], request.get("IfMatch"))[0]
    answer: Document = {}
    if deletion.version:
        answer["VersionId"] = deletion.version
    if deletion.marker:
        answer["DeleteMarker"] = True
    return answer


def delete_objects(ctx: Context, request: DeleteObjectsRequestTypeDef) -> Document:
    """Deletes what can be deleted and answers an error for each of the others. Raises MalformedXML."""
    check_target(ctx, request)
    wanted = request["Delete"]["Objects"]
    if not 1 <= len(wanted) <= DELETE_LIMIT:
        raise errors.S3Error(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema: "
            f"from 1 to {DELETE_LIMIT} objects can be deleted at once",
        )
    refused: list[Document] = []
    plain: list[ObjectIdentifierTypeDef] = []
    conditional: list[ObjectIdentifierTypeDef] = []
    for item in wanted:
        try:
            check_key(item["Key"])
            if not is_version(item.get("VersionId")):
                raise errors.S3Error("NoSuchVersion", "The specified version does not exist.", 404)
            _check_conditions(item, "LastModifiedTime", "Size")
        except errors.S3Error as error:
            refused.append(_refusal(item, error))
        else:
            (plain if item.get("ETag") is None else conditional).append(item)
    deleted = _delete(ctx, request["Bucket"], plain)
    for item in conditional:
        try:
            deleted += _delete(ctx, request["Bucket"], [item], item["ETag"])
        except errors.S3Error as error:
            refused.append(_refusal(item, error))
    entries = [] if request["Delete"].get("Quiet") else [_deleted(deletion) for deletion in deleted]
    return {"Deleted": entries, "Errors": refused}


def _check_conditions(request: Mapping[str, Any], *members: str) -> None:
    """Raises NotImplemented for conditions of directory buckets: ignoring one would delete too much."""
    for member in members:
        if request.get(member) is not None:
            raise errors.not_implemented(f"{member} as a condition of deleting", "use the ETag")


def _delete(
    ctx: Context,
    bucket: str,
    items: Sequence[ObjectIdentifierTypeDef | DeleteObjectRequestTypeDef],
    if_match: str | None = None,
) -> list[Deletion]:
    doomed: list[Doomed] = [
        (item["Key"], item["VersionId"]) if item.get("VersionId") else item["Key"] for item in items
    ]
    guard = write_guard({"Key": items[0]["Key"], "IfMatch": if_match}) if if_match is not None else None
    try:
        return ctx.blobs.objects.delete(bucket, doomed, guard, at=ctx.now())
    except BucketMissing:
        raise errors.no_such_bucket(bucket) from None


def _deleted(deletion: Deletion) -> dict[str, Any]:
    entry: dict[str, Any] = {"Key": deletion.key}
    if deletion.by_version:
        entry["VersionId"] = deletion.version
    if deletion.marker:
        entry |= {"DeleteMarker": True, "DeleteMarkerVersionId": deletion.version}
    return entry


def _refusal(item: ObjectIdentifierTypeDef, error: errors.S3Error) -> dict[str, Any]:
    named = {name: item[name] for name in ("Key", "VersionId") if item.get(name) is not None}
    return {**named, "Code": error.code, "Message": error.message}
