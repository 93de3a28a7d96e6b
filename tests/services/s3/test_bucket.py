from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clary.services.s3 import bucket, bucket_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context, Document


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "A-bucket",
        "a" * 64,
        "a..b",
        "a.-b",
        "a-.b",
        "-ab",
        "ab-",
        "10.0.0.1",
        "a_b",
        "xn--abc",
        "a/b",
        "a\n",
        "",
    ],
)
def test_a_name_against_the_rules_is_refused(ctx: Context, code_of: Callable[..., str], name: str) -> None:
    assert code_of(bucket.create_bucket, ctx, {"Bucket": name}) == "InvalidBucketName"


@pytest.mark.parametrize("name", ["abc", "a.b-c", "1a2", "a" * 63, "sagemaker-us-east-1-123456789012"])
def test_a_name_within_the_rules_is_taken(ctx: Context, name: str) -> None:
    bucket.create_bucket(ctx, {"Bucket": name})

    assert bucket.head_bucket(ctx, {"Bucket": name})["BucketRegion"] == "us-east-1"


def test_making_a_bucket_again_succeeds_only_in_the_first_region(
    ctx: Context, code_of: Callable[..., str]
) -> None:
    bucket.create_bucket(ctx, {"Bucket": "bucket"})
    there = replace(ctx, region="eu-west-1")
    request = {"Bucket": "bucket", "CreateBucketConfiguration": {"LocationConstraint": "EU"}}

    assert code_of(bucket.create_bucket, there, request) == "BucketAlreadyOwnedByYou"


def test_the_first_region_makes_buckets_for_every_region(ctx: Context, code_of: Callable[..., str]) -> None:
    elsewhere = {"Bucket": "other", "CreateBucketConfiguration": {"LocationConstraint": "ap-south-1"}}

    bucket.create_bucket(ctx, elsewhere)

    assert bucket.get_bucket_location(ctx, {"Bucket": "other"}) == {"LocationConstraint": "ap-south-1"}
    assert bucket.head_bucket(ctx, {"Bucket": "other"})["BucketRegion"] == "ap-south-1"
    assert [item["Name"] for item in bucket.list_buckets(ctx, {"BucketRegion": "ap-south-1"})["Buckets"]] == [
        "other"
    ]
    assert code_of(bucket.create_bucket, ctx, elsewhere) == "BucketAlreadyOwnedByYou"
    assert code_of(bucket.create_bucket, ctx, {"Bucket": "other"}) == "BucketAlreadyOwnedByYou"


def test_another_region_makes_buckets_of_its_own(ctx: Context, code_of: Callable[..., str]) -> None:
    here = {"Bucket": "other", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    there = {"Bucket": "other", "CreateBucketConfiguration": {"LocationConstraint": "ap-south-1"}}
    ctx = replace(ctx, region="eu-west-1")

    assert code_of(bucket.create_bucket, ctx, there) == "IllegalLocationConstraintException"
    assert code_of(bucket.create_bucket, ctx, {"Bucket": "other"}) == "IllegalLocationConstraintException"
    bucket.create_bucket(ctx, here)
    assert bucket.get_bucket_location(ctx, {"Bucket": "other"}) == {"LocationConstraint": "eu-west-1"}
    assert bucket.get_bucket_location(ctx, {"Bucket": "bucket"}) == {"LocationConstraint": None}


@pytest.mark.parametrize("constraint", ["us-east-1", "mars", "EU-WEST-1", "us-east-1; drop"])
def test_what_is_no_location_constraint_is_refused(
    ctx: Context, code_of: Callable[..., str], constraint: str
) -> None:
    request = {"Bucket": "other", "CreateBucketConfiguration": {"LocationConstraint": constraint}}

    assert code_of(bucket.create_bucket, ctx, request) == "InvalidLocationConstraint"


def test_buckets_are_listed_in_pages(ctx: Context) -> None:
    for name in ("bbb", "aaa", "b_d".replace("_", "-")):
        bucket.create_bucket(ctx, {"Bucket": name})

    first = bucket.list_buckets(ctx, {"MaxBuckets": 2})
    second = bucket.list_buckets(ctx, {"MaxBuckets": 2, "ContinuationToken": first["ContinuationToken"]})
    by_prefix = bucket.list_buckets(ctx, {"Prefix": "bb"})

    assert [item["Name"] for item in first["Buckets"]] == ["aaa", "b-d"]
    assert [item["Name"] for item in second["Buckets"]] == ["bbb", "bucket"]
    assert "ContinuationToken" not in second
    assert [item["Name"] for item in by_prefix["Buckets"]] == ["bbb"]


def test_only_an_empty_bucket_is_deleted(
    ctx: Context, put: Callable[..., Document], code_of: Callable[..., str]
) -> None:
    put("k")
    assert code_of(bucket.delete_bucket, ctx, {"Bucket": "bucket"}) == "BucketNotEmpty"

    ctx.blobs.objects.delete("bucket", ["k"])
    bucket.delete_bucket(ctx, {"Bucket": "bucket"})

    assert code_of(bucket.delete_bucket, ctx, {"Bucket": "bucket"}) == "NoSuchBucket"
    assert code_of(bucket.head_bucket, ctx, {"Bucket": "bucket"}) == "NoSuchBucket"


def test_tags_of_a_bucket_are_kept(ctx: Context, code_of: Callable[..., str]) -> None:
    request = {"Bucket": "bucket"}
    assert code_of(bucket_settings.get_bucket_tagging, ctx, request) == "NoSuchTagSet"

    tags = [{"Key": "team", "Value": "vision"}]
    bucket_settings.put_bucket_tagging(ctx, {**request, "Tagging": {"TagSet": tags}})
    assert bucket_settings.get_bucket_tagging(ctx, request) == {"TagSet": tags}

    bucket_settings.delete_bucket_tagging(ctx, request)
    assert code_of(bucket_settings.get_bucket_tagging, ctx, request) == "NoSuchTagSet"


@pytest.mark.parametrize("key", ["aws:owner", "AWS:owner", "", "k" * 129, "a;b"])
def test_a_tag_that_nobody_may_set_is_refused(ctx: Context, code_of: Callable[..., str], key: str) -> None:
    tagging = {"TagSet": [{"Key": key, "Value": "v"}]}
    request = {"Bucket": "other", "CreateBucketConfiguration": {"Tags": tagging["TagSet"]}}

    assert code_of(bucket_settings.put_bucket_tagging, ctx, {"Bucket": "bucket", "Tagging": tagging}) == (
        "InvalidTag"
    )
    assert code_of(bucket.create_bucket, ctx, request) == "InvalidTag"


def test_what_is_left_out_of_versioning_and_cors_is_said(ctx: Context, code_of: Callable[..., str]) -> None:
    request = {"Bucket": "bucket", "VersioningConfiguration": {"Status": "Enabled", "MFADelete": "Enabled"}}

    assert code_of(bucket_settings.put_bucket_versioning, ctx, request) == "NotImplemented"
    assert code_of(bucket_settings.put_bucket_cors, ctx, request) == "NotImplemented"
    assert bucket_settings.get_bucket_versioning(ctx, request) == {}


def test_another_owner_is_refused(ctx: Context, code_of: Callable[..., str]) -> None:
    request = {"Bucket": "bucket", "ExpectedBucketOwner": "999999999999"}

    assert code_of(bucket.head_bucket, ctx, request) == "AccessDenied"
