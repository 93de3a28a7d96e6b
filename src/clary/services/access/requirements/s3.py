"""S3, whose action names are not those of its operations."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from clary.domain.copy_source import CopySource, read_copy_source
from clary.domain.errors import BadRequest

from .requirement import KeyValues, Requirement, Scope, request_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

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

_BESIDE = {"GetObjectAttributes": ("s3:GetObject",)}
"""Further actions that an operation needs."""

_CREATING = frozenset({"PutObject", "CompleteMultipartUpload", "CopyObject"})
"""The operations that create an object. The first steps of an upload do not."""

_ALL_BUCKETS = {"ListBuckets": "ListAllMyBuckets", "ListDirectoryBuckets": "ListAllMyDirectoryBuckets"}


def requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    if operation in _ALL_BUCKETS:
        return [Requirement(f"s3:{_ALL_BUCKETS[operation]}", "arn:aws:s3:::*")]
    bucket = params.get("Bucket", "")
    context = _context(params)
    if operation in ("CopyObject", "UploadPartCopy"):
        return _copy(operation, bucket, params, context, scope)
    if operation == "DeleteObjects":
        return _delete_many(bucket, params)
    action = f"s3:{_ACTIONS.get(operation, operation)}"
    if "Key" not in params:
        return [Requirement(action, f"arn:aws:s3:::{bucket}", context)]
    needed = [action, *_BESIDE.get(operation, ())]
    if params.get("VersionId"):
        needed = [_of_a_version(each) for each in needed]
    if action == "s3:PutObject":
        context["s3:objectcreationoperation"] = "true" if operation in _CREATING else "false"
        if params.get("Tagging"):
            needed.append("s3:PutObjectTagging")
    return [Requirement(each, _object(bucket, params["Key"]), context) for each in needed]


def _of_a_version(action: str) -> str:
    return action.replace("Object", "ObjectVersion", 1) if action in _OF_A_VERSION else action


def _object(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}"


def _copy(
    operation: str, bucket: str, params: dict[str, Any], context: KeyValues, scope: Scope
) -> list[Requirement]:
    source = _source(params)
    read_from, target = _object(source.bucket, source.key), _object(bucket, params.get("Key", ""))
    reading: KeyValues = {"s3:versionid": source.version} if source.version else {}
    context["s3:objectcreationoperation"] = "true" if operation in _CREATING else "false"

    def read(action: str) -> Requirement:
        return Requirement(_of_a_version(action) if source.version else action, read_from, reading)

    needed = [read("s3:GetObject"), Requirement("s3:PutObject", target, context)]
    if operation == "CopyObject" and params.get("TaggingDirective", "COPY") == "COPY":
        # The source's tags are copied, if it has any.
        tags = scope.tags_of(read_from, source.version)
        if tags:
            copied = {**context, **_tag_keys(tags)}
            needed += [read("s3:GetObjectTagging"), Requirement("s3:PutObjectTagging", target, copied)]
    elif params.get("Tagging"):
        needed.append(Requirement("s3:PutObjectTagging", target, context))
    return needed


def _source(params: dict[str, Any]) -> CopySource:
    try:
        return read_copy_source(params.get("CopySource") or "")
    except BadRequest:
        # The operation refuses it. Its message is only for callers who may copy at all.
        return CopySource("*", "*")


def _delete_many(bucket: str, params: dict[str, Any]) -> list[Requirement]:
    objects = (params.get("Delete") or {}).get("Objects") or []
    wanted = dict.fromkeys(
        (item.get("Key", ""), item.get("VersionId", ""), item.get("ETag", "")) for item in objects
    )
    return [_delete(_object(bucket, key), version, etag) for key, version, etag in wanted] or [
        Requirement("s3:DeleteObject", _object(bucket, "*"))
    ]


def _delete(target: str, version: str, etag: str) -> Requirement:
    context: KeyValues = {"s3:if-match": etag} if etag else {}
    if version:
        return Requirement("s3:DeleteObjectVersion", target, {**context, "s3:versionid": version})
    return Requirement("s3:DeleteObject", target, context)


_MEMBER_KEYS = {
    "ACL": "s3:x-amz-acl",
    "CopySource": "s3:x-amz-copy-source",
    "Delimiter": "s3:delimiter",
    "GrantFullControl": "s3:x-amz-grant-full-control",
    "GrantRead": "s3:x-amz-grant-read",
    "GrantReadACP": "s3:x-amz-grant-read-acp",
    "GrantWrite": "s3:x-amz-grant-write",
    "GrantWriteACP": "s3:x-amz-grant-write-acp",
    "IfMatch": "s3:if-match",
    "IfNoneMatch": "s3:if-none-match",
    "MaxKeys": "s3:max-keys",
    "MetadataDirective": "s3:x-amz-metadata-directive",
    "ObjectLockLegalHoldStatus": "s3:object-lock-legal-hold",
    "ObjectLockMode": "s3:object-lock-mode",
    "ObjectOwnership": "s3:x-amz-object-ownership",
    "Prefix": "s3:prefix",
    "SSECustomerAlgorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "StorageClass": "s3:x-amz-storage-class",
    "VersionId": "s3:versionid",
    "WebsiteRedirectLocation": "s3:x-amz-website-redirect-location",
}
"""Member of a request to its condition key."""


def _context(params: dict[str, Any]) -> KeyValues:
    context: KeyValues = {}
    for member, value in params.items():
        if member in _MEMBER_KEYS and isinstance(value, str | int):
            context[_MEMBER_KEYS[member]] = str(value)
    kept_until = params.get("ObjectLockRetainUntilDate")
    if isinstance(kept_until, int | float):
        context["s3:object-lock-retain-until-date"] = time.strftime(
            "%Y-%m-%dT%H:%M:%SZ", time.gmtime(kept_until)
        )
    location = (params.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
    if location:
        context["s3:locationconstraint"] = location
    tags = params.get("Tagging")
    if tags:
        context.update(_object_tags(tags))
    return context


def _object_tags(tagging: Any) -> KeyValues:
    """Returns the condition keys of tags that are given as a header, ``a=1&b=2``, or as a TagSet."""
    if isinstance(tagging, str):
        tags = {key: values[0] for key, values in parse_qs(tagging, keep_blank_values=True).items()}
    else:
        tags = {tag.get("Key", ""): tag.get("Value", "") for tag in tagging.get("TagSet", ())}
    return _tag_keys(tags)


def _tag_keys(tags: Mapping[str, str]) -> KeyValues:
    context: KeyValues = {f"s3:requestobjecttag/{key.lower()}": value for key, value in tags.items()}
    context["s3:requestobjecttagkeys"] = list(tags)
    return {**context, **request_tags(dict(tags))}
