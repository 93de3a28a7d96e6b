"""The tags of an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._tags import tag_set, tags_of_set
from ._targets import check_target
from ._versions import missing, version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.type_defs import (
        DeleteObjectTaggingRequestTypeDef,
        GetObjectTaggingRequestTypeDef,
        PutObjectTaggingRequestTypeDef,
    )

    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject


def get_object_tagging(ctx: Context, request: GetObjectTaggingRequestTypeDef) -> Document:
    check_target(ctx, request)
    stored = ctx.blobs.objects.find_tagged(request["Bucket"], request["Key"], request.get("VersionId"))
    if stored is None or stored.is_marker:
        raise missing(ctx, request)
    return {**version_of(stored), "TagSet": tag_set(stored.attributes.get("Tags", {}))}


def put_object_tagging(ctx: Context, request: PutObjectTaggingRequestTypeDef) -> Document:
    check_target(ctx, request)
    return _set_tags(ctx, request, tags_of_set(request["Tagging"]["TagSet"]))


def delete_object_tagging(ctx: Context, request: DeleteObjectTaggingRequestTypeDef) -> Document:
    check_target(ctx, request)
    return _set_tags(ctx, request, {})


def _set_tags(ctx: Context, request: Mapping[str, Any], tags: dict[str, str]) -> Document:
    def with_tags(stored: StoredObject) -> dict[str, Any]:
        return {**stored.attributes, "Tags": tags}

    stored = ctx.blobs.objects.set_attributes(
        request["Bucket"], request["Key"], with_tags, request.get("VersionId")
    )
    if stored is None:
        raise missing(ctx, request)
    return version_of(stored)
