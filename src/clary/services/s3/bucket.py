"""Buckets: create, head, list, delete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clary.store.buckets import Bucket, BucketHasObjects, BucketMissing, BucketTaken

from . import _errors as errors
from ._attributes import check_no_access_control
from ._tags import BUCKET_LIMIT, tags_of_set
from ._targets import check_bucket_name, check_target, owner_of
from ._tokens import read_token, write_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.type_defs import (
        CreateBucketRequestTypeDef,
        DeleteBucketRequestTypeDef,
        GetBucketLocationRequestTypeDef,
        HeadBucketRequestTypeDef,
        ListBucketsRequestTypeDef,
    )

    from clary.services.context import Context, Document

FIRST_REGION = "us-east-1"
"""The region without a location constraint. For historical reasons S3 behaves differently there."""

BUCKETS_LIMIT = 10_000

_REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-\d{1,2}")
_LEGACY_NAMES = {"EU": "eu-west-1"}


def create_bucket(ctx: Context, request: CreateBucketRequestTypeDef) -> Document:
    """Raises BucketAlreadyOwnedByYou, except in the first region, and S3Error for unsupported settings."""
    name = request["Bucket"]
    check_bucket_name(name)
    asked = (request.get("CreateBucketConfiguration") or {}).get("LocationConstraint") or None
    region = _region(ctx, asked)
    check_no_access_control(request)
    if request.get("ObjectLockEnabledForBucket"):
        raise errors.not_implemented("Object lock", "leave out ObjectLockEnabledForBucket")
    tags = (request.get("CreateBucketConfiguration") or {}).get("Tags") or []
    bucket = Bucket(name, region, ctx.account, ctx.now(), tags_of_set(tags, BUCKET_LIMIT))
    try:
        ctx.blobs.buckets.create(bucket)
    except BucketTaken:
        there = ctx.blobs.buckets.find(name)
        # The first region answers a repeated request with success.
        if {ctx.region, region, there.region if there else region} != {FIRST_REGION}:
            raise errors.S3Error(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
                409,
                BucketName=name,
            ) from None
    return {"Location": f"/{name}", "BucketArn": f"arn:aws:s3:::{name}"}


def head_bucket(ctx: Context, request: HeadBucketRequestTypeDef) -> Document:
    bucket = _find(ctx, request)
    return {
        "BucketRegion": bucket.region,
        "BucketArn": f"arn:aws:s3:::{bucket.name}",
        "AccessPointAlias": False,
    }


def get_bucket_location(ctx: Context, request: GetBucketLocationRequestTypeDef) -> Document:
    region = _find(ctx, request).region
    return {"LocationConstraint": None if region == FIRST_REGION else region}


def list_buckets(ctx: Context, request: ListBucketsRequestTypeDef) -> Document:
    limit = request.get("MaxBuckets", BUCKETS_LIMIT)
    if not 1 <= limit <= BUCKETS_LIMIT:
        raise errors.invalid_argument(
            "max-buckets", limit, f"Argument max-buckets must be an integer between 1 and {BUCKETS_LIMIT}"
        )
    prefix = request.get("Prefix") or ""
    after = read_token(request["ContinuationToken"]) if request.get("ContinuationToken") else ""
    found = ctx.blobs.buckets.page(
        prefix=prefix, after=after, limit=limit + 1, region=request.get("BucketRegion")
    )
    answer: dict[str, Any] = {
        "Buckets": [
            {"Name": bucket.name, "CreationDate": bucket.created_at, "BucketRegion": bucket.region}
            for bucket in found[:limit]
        ],
        "Owner": owner_of(ctx),
    }
    if prefix:
        answer["Prefix"] = prefix
    if len(found) > limit:
        answer["ContinuationToken"] = write_token(found[limit - 1].name)
    return answer


def delete_bucket(ctx: Context, request: DeleteBucketRequestTypeDef) -> None:
    """Raises NoSuchBucket, and BucketNotEmpty while it has objects or versions."""
    check_target(ctx, request)
    try:
        ctx.blobs.buckets.delete(request["Bucket"])
    except BucketMissing:
        raise errors.no_such_bucket(request["Bucket"]) from None
    except BucketHasObjects:
        raise errors.S3Error(
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
            409,
            BucketName=request["Bucket"],
        ) from None


def _find(ctx: Context, request: Mapping[str, Any]) -> Bucket:
    check_target(ctx, request)
    bucket = ctx.blobs.buckets.find(request["Bucket"])
    if bucket is None:
        raise errors.no_such_bucket(request["Bucket"])
    return bucket


def _region(ctx: Context, asked: str | None) -> str:
    """Returns the region of a new bucket. In the first region a bucket may have any location, as on AWS."""
    region = FIRST_REGION if asked is None else _LEGACY_NAMES.get(asked, asked)
    if asked == FIRST_REGION or not _REGION.fullmatch(region):
        # The first region must not be named as a location constraint.
        raise errors.S3Error(
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
            LocationConstraint=asked,
        )
    if ctx.region not in (region, FIRST_REGION):
        raise errors.S3Error(
            "IllegalLocationConstraintException",
            f"The {asked or 'unspecified'} location constraint is incompatible for the region specific "
            f"endpoint this request was sent to: this server is {ctx.region}.",
        )
    return region
