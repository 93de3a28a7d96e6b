"""The settings of buckets that are supported: tags and versioning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.store.buckets import ENABLED, SUSPENDED, BucketMissing

from . import _errors as errors
from ._tags import BUCKET_LIMIT, tag_set, tags_of_set
from ._targets import check_bucket, check_target

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        DeleteBucketTaggingRequestTypeDef,
        GetBucketTaggingRequestTypeDef,
        GetBucketVersioningRequestTypeDef,
        PutBucketCorsRequestTypeDef,
        PutBucketTaggingRequestTypeDef,
        PutBucketVersioningRequestTypeDef,
    )

    from clary.services.context import Context, Document


def get_bucket_tagging(ctx: Context, request: GetBucketTaggingRequestTypeDef) -> Document:
    """Raises NoSuchBucket, and NoSuchTagSet for a bucket without tags."""
    check_target(ctx, request)
    bucket = ctx.blobs.buckets.find(request["Bucket"])
    if bucket is None:
        raise errors.no_such_bucket(request["Bucket"])
    if not bucket.tags:
        raise errors.S3Error("NoSuchTagSet", "The TagSet does not exist", 404, BucketName=bucket.name)
    return {"TagSet": tag_set(bucket.tags)}


def put_bucket_tagging(ctx: Context, request: PutBucketTaggingRequestTypeDef) -> None:
    check_target(ctx, request)
    _set_tags(ctx, request["Bucket"], tags_of_set(request["Tagging"]["TagSet"], BUCKET_LIMIT))


def delete_bucket_tagging(ctx: Context, request: DeleteBucketTaggingRequestTypeDef) -> None:
    check_target(ctx, request)
    _set_tags(ctx, request["Bucket"], {})


def get_bucket_versioning(ctx: Context, request: GetBucketVersioningRequestTypeDef) -> Document:
    """Empty if versioning was never turned on."""
    check_target(ctx, request)
    bucket = ctx.blobs.buckets.find(request["Bucket"])
    if bucket is None:
        raise errors.no_such_bucket(request["Bucket"])
    return {"Status": bucket.versioning} if bucket.versioning else {}


def put_bucket_versioning(ctx: Context, request: PutBucketVersioningRequestTypeDef) -> None:
    """Raises NoSuchBucket, and IllegalVersioningConfigurationException for another status."""
    check_target(ctx, request)
    configuration = request["VersioningConfiguration"]
    if configuration.get("MFADelete", "Disabled") != "Disabled":
        raise errors.not_implemented("MFA delete", "leave out MFADelete")
    if configuration.get("Status") not in (ENABLED, SUSPENDED):
        check_bucket(ctx, request["Bucket"])
        raise errors.S3Error(
            "IllegalVersioningConfigurationException",
            f"The Status has to be {ENABLED} or {SUSPENDED}",
        )
    try:
        ctx.blobs.buckets.set_versioning(request["Bucket"], configuration["Status"])
    except BucketMissing:
        raise errors.no_such_bucket(request["Bucket"]) from None


def put_bucket_cors(ctx: Context, request: PutBucketCorsRequestTypeDef) -> None:
    check_target(ctx, request)
    check_bucket(ctx, request["Bucket"])
    raise errors.not_implemented("CORS", "browsers of other origins can't read this server")


def _set_tags(ctx: Context, bucket: str, tags: dict[str, str]) -> None:
    try:
        ctx.blobs.buckets.set_tags(bucket, tags)
    except BucketMissing:
        raise errors.no_such_bucket(bucket) from None
