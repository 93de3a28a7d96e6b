"""The tags of an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _errors as errors
from ._tags import tag_set, tags_of_set
from ._targets import check_bucket, check_target

if TYPE_CHECKING:
    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject


def get_object_tagging(ctx: Context, request: Document) -> Document:
    check_target(ctx, request)
    stored = ctx.blobs.objects.find(request["Bucket"], request["Key"])
    if stored is None:
        raise _missing(ctx, request)
    return {"TagSet": tag_set(stored.attributes.get("Tags", {}))}


def put_object_tagging(ctx: Context, request: Document) -> Document:
    check_target(ctx, request)
    _set_tags(ctx, request, tags_of_set(request["Tagging"]["TagSet"]))
    return {}


def delete_object_tagging(ctx: Context, request: Document) -> Document:
    check_target(ctx, request)
    _set_tags(ctx, request, {})
    return {}


def _set_tags(ctx: Context, request: Document, tags: dict[str, str]) -> None:
    def with_tags(stored: StoredObject) -> dict[str, Any]:
        return {**stored.attributes, "Tags": tags}

    if not ctx.blobs.objects.set_attributes(request["Bucket"], request["Key"], with_tags):
        raise _missing(ctx, request)


def _missing(ctx: Context, request: Document) -> errors.S3Error:
    check_bucket(ctx, request["Bucket"])
    return errors.no_such_key(request["Key"])
