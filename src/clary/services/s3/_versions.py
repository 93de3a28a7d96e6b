"""Versions in requests, responses and errors."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from clary.store.object_rows import NULL

from . import _errors as errors
from ._targets import check_bucket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject


def version_of(stored: StoredObject) -> Document:
    """Returns ``VersionId``, unless the bucket never had versions."""
    return {"VersionId": stored.version} if stored.version else {}


def new_version_of(stored: StoredObject) -> Document:
    """Returns ``VersionId`` of a write; empty for the null version of suspended versioning, as on S3."""
    return version_of(stored) if stored.version != NULL else {}


def missing(ctx: Context, request: Mapping[str, Any]) -> errors.S3Error:
    """Returns the error for a missing object or version."""
    bucket, key, version = request["Bucket"], request["Key"], request.get("VersionId")
    check_bucket(ctx, bucket)
    if version is None:
        marker = ctx.blobs.objects.find_marker(bucket, key)
        return errors.no_such_key(key, headers=_of_marker(marker) if marker is not None else None)
    found = ctx.blobs.objects.find(bucket, key, version)
    if found is None or not found.is_marker:
        return errors.S3Error(
            "NoSuchVersion", "The specified version does not exist.", 404, Key=key, VersionId=version
        )
    return errors.S3Error(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
        headers={
            **_of_marker(found),
            "allow": "DELETE",
            "last-modified": formatdate(int(found.modified_at), usegmt=True),
        },
        Method="GET",
        ResourceType="DeleteMarker",
    )


def _of_marker(marker: StoredObject) -> dict[str, str]:
    return {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version}
