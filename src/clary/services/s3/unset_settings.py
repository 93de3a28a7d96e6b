"""Settings of buckets and objects that can't be set here. They are answered as AWS answers unset ones.

Tools that describe a bucket get all of them, and would stop at an error 501. Deleting an unset setting
succeeds, as on AWS; setting it is an operation that is not served.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _errors as errors
from ._targets import check_bucket, check_target, owner_of
from ._versions import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.type_defs import (
        GetBucketAclRequestTypeDef,
        GetObjectAclRequestTypeDef,
    )

    from clary.services.context import Context, Document

_Operation = Callable[["Context", "Document"], "Document"]


def get_bucket_acl(ctx: Context, request: GetBucketAclRequestTypeDef) -> Document:
    """The owner has full control. Policies give access to others."""
    _check(ctx, request)
    return _owner_only(ctx)


def get_object_acl(ctx: Context, request: GetObjectAclRequestTypeDef) -> Document:
    _check_object(ctx, request)
    return _owner_only(ctx)


def _owner_only(ctx: Context) -> Document:
    owner = owner_of(ctx)
    return {
        "Owner": owner,
        "Grants": [{"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}],
    }


def _missing(code: str, message: str) -> _Operation:
    def answer(ctx: Context, request: Mapping[str, Any]) -> Document:
        _check(ctx, request)
        raise errors.S3Error(code, message, 404, BucketName=request["Bucket"])

    return answer


def _document(**members: Any) -> _Operation:
    def answer(ctx: Context, request: Mapping[str, Any]) -> Document:
        _check(ctx, request)
        return members

    return answer


def _without_object_lock(ctx: Context, request: Mapping[str, Any]) -> Document:
    _check_object(ctx, request)
    raise errors.invalid_request("Bucket is missing Object Lock Configuration")


def _check(ctx: Context, request: Mapping[str, Any]) -> None:
    check_target(ctx, request)
    check_bucket(ctx, request["Bucket"])


def _check_object(ctx: Context, request: Mapping[str, Any]) -> None:
    _check(ctx, request)
    found = ctx.blobs.objects.find(request["Bucket"], request["Key"], request.get("VersionId"))
    if found is None or found.is_marker:
        raise missing(ctx, request)


_no_policy = _missing("NoSuchBucketPolicy", "The bucket policy does not exist")
_no_lifecycle = _missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
_no_configuration = _missing("NoSuchConfiguration", "The specified configuration does not exist.")

get_bucket_policy = _no_policy
get_bucket_policy_status = _no_policy
get_bucket_lifecycle = _no_lifecycle
get_bucket_lifecycle_configuration = _no_lifecycle
get_bucket_encryption = _missing(
    "ServerSideEncryptionConfigurationNotFoundError",
    "The server side encryption configuration was not found",
)
get_bucket_website = _missing(
    "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"
)
get_bucket_ownership_controls = _missing(
    "OwnershipControlsNotFoundError", "The bucket ownership controls were not found"
)
get_bucket_replication = _missing(
    "ReplicationConfigurationNotFoundError", "The replication configuration was not found"
)
get_public_access_block = _missing(
    "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"
)
get_object_lock_configuration = _missing(
    "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"
)
get_bucket_cors = _missing("NoSuchCORSConfiguration", "The CORS configuration does not exist")
get_bucket_analytics_configuration = _no_configuration
get_bucket_intelligent_tiering_configuration = _no_configuration
get_bucket_inventory_configuration = _no_configuration
get_bucket_metrics_configuration = _no_configuration

get_object_legal_hold = _without_object_lock
get_object_retention = _without_object_lock

get_bucket_notification_configuration = _document()
get_bucket_logging = _document()
get_bucket_accelerate_configuration = _document()
get_bucket_request_payment = _document(Payer="BucketOwner")
list_bucket_analytics_configurations = _document(IsTruncated=False)
list_bucket_intelligent_tiering_configurations = _document(IsTruncated=False)
list_bucket_inventory_configurations = _document(IsTruncated=False)
list_bucket_metrics_configurations = _document(IsTruncated=False)

delete_bucket_cors = _document()
delete_bucket_encryption = _document()
delete_bucket_lifecycle = _document()
delete_bucket_ownership_controls = _document()
delete_bucket_policy = _document()
delete_bucket_replication = _document()
delete_bucket_website = _document()
delete_public_access_block = _document()
