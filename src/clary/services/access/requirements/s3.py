"""S3, whose action names are not those of its operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from clary.domain.copy_source import CopySource, read_copy_source
from clary.domain.errors import BadRequest

from .requirement import Requirement, Scope, request_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

_ACTIONS = {
    # on objects
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    # on buckets
    "CreateSession": "CreateSession",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}

_OF_A_VERSION = frozenset({
    "s3:DeleteObject",
    "s3:DeleteObjectTagging",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectAttributes",
    "s3:GetObjectTagging",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
})  # fmt: skip

_ALL_BUCKETS = {"ListBuckets": "ListAllMyBuckets", "ListDirectoryBuckets": "ListAllMyDirectoryBuckets"}


def requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    if operation in _ALL_BUCKETS:
        return [Requirement(f"s3:{_ALL_BUCKETS[operation]}", "arn:aws:s3:::*")]
    bucket = params.get("Bucket", "")
    context = _context(params)
    if operation in ("CopyObject", "UploadPartCopy"):
        return _copy(bucket, params, context)
    if operation == "DeleteObjects":
        return _delete_many(bucket, params)
    action = f"s3:{_ACTIONS.get(operation, operation)}"
    if "Key" not in params:
        return [Requirement(action, f"arn:aws:s3:::{bucket}", context)]
    if params.get("VersionId") and action in _OF_A_VERSION:
        action = action.replace("Object", "ObjectVersion", 1)
    needed = [Requirement(action, _object(bucket, params["Key"]), context)]
    if action == "s3:PutObject" and params.get("Tagging"):
        needed.append(Requirement("s3:PutObjectTagging", _object(bucket, params["Key"]), context))
    return needed


def _object(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}"


def _copy(bucket: str, params: dict[str, Any], context: dict[str, str | Sequence[str]]) -> list[Requirement]:
    source = _source(params)
    read = "s3:GetObjectVersion" if source.version else "s3:GetObject"
    target = _object(bucket, params.get("Key", ""))
    needed = [
        Requirement(read, _object(source.bucket, source.key)),
        Requirement("s3:PutObject", target, context),
    ]
    if params.get("Tagging"):
        needed.append(Requirement("s3:PutObjectTagging", target, context))
    return needed


def _source(params: dict[str, Any]) -> CopySource:
    try:
        return read_copy_source(params.get("CopySource") or "")
    except BadRequest:
        # The operation refuses it, in words that only somebody who may copy at all gets to read.
        return CopySource("*", "*")


def _delete_many(bucket: str, params: dict[str, Any]) -> list[Requirement]:
    objects = (params.get("Delete") or {}).get("Objects") or []
    wanted = {
        ("s3:DeleteObjectVersion" if item.get("VersionId") else "s3:DeleteObject", item.get("Key", "")): None
        for item in objects
    }
    return [Requirement(action, _object(bucket, key)) for action, key in wanted] or [
        Requirement("s3:DeleteObject", _object(bucket, "*"))
    ]


def _context(params: dict[str, Any]) -> dict[str, str | Sequence[str]]:
    context: dict[str, str | Sequence[str]] = {}
    for member, key in (
        ("Prefix", "s3:prefix"),
        ("Delimiter", "s3:delimiter"),
        ("MaxKeys", "s3:max-keys"),
        ("VersionId", "s3:versionid"),
        ("ACL", "s3:x-amz-acl"),
        ("StorageClass", "s3:x-amz-storage-class"),
        ("ServerSideEncryption", "s3:x-amz-server-side-encryption"),
        ("CopySource", "s3:x-amz-copy-source"),
        ("MetadataDirective", "s3:x-amz-metadata-directive"),
    ):
        value = params.get(member)
        if isinstance(value, str | int):
            context[key] = str(value)
    location = (params.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
    if location:
        context["s3:locationconstraint"] = location
    tags = params.get("Tagging")
    if tags:
        context.update(_object_tags(tags))
    return context


def _object_tags(tagging: Any) -> dict[str, str | Sequence[str]]:
    """Of the header ``a=1&b=2``, or of a TagSet."""
    if isinstance(tagging, str):
        tags = {key: values[0] for key, values in parse_qs(tagging, keep_blank_values=True).items()}
    else:
        tags = {tag.get("Key", ""): tag.get("Value", "") for tag in tagging.get("TagSet", ())}
    context: dict[str, str | Sequence[str]] = {
        f"s3:requestobjecttag/{key.lower()}": value for key, value in tags.items()
    }
    context["s3:requestobjecttagkeys"] = list(tags)
    return {**context, **request_tags(tags)}
