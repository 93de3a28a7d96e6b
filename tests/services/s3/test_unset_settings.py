from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore import xform_name

from clary.services.s3 import unset_settings
from clary.wire import codec
from clary.wire.models import service_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context, Document

BUCKET = {"Bucket": "bucket", "Id": "one"}


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("GetBucketPolicy", "NoSuchBucketPolicy"),
        ("GetBucketPolicyStatus", "NoSuchBucketPolicy"),
        ("GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration"),
        ("GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("GetBucketWebsite", "NoSuchWebsiteConfiguration"),
        ("GetBucketOwnershipControls", "OwnershipControlsNotFoundError"),
        ("GetBucketReplication", "ReplicationConfigurationNotFoundError"),
        ("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"),
        ("GetBucketCors", "NoSuchCORSConfiguration"),
        ("GetBucketInventoryConfiguration", "NoSuchConfiguration"),
    ],
)
def test_what_was_never_set_is_not_found(
    ctx: Context, code_of: Callable[..., str], operation: str, code: str
) -> None:
    answer = getattr(unset_settings, xform_name(operation))

    assert code_of(answer, ctx, BUCKET) == code
    assert code_of(answer, ctx, {**BUCKET, "Bucket": "no-such-bucket"}) == "NoSuchBucket"


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("GetBucketNotificationConfiguration", b"NotificationConfiguration"),
        ("GetBucketLogging", b"BucketLoggingStatus"),
        ("GetBucketAccelerateConfiguration", b"AccelerateConfiguration"),
        ("GetBucketRequestPayment", b"<Payer>BucketOwner</Payer>"),
        ("ListBucketInventoryConfigurations", b"<IsTruncated>false</IsTruncated>"),
        ("ListBucketMetricsConfigurations", b"<IsTruncated>false</IsTruncated>"),
        ("ListBucketAnalyticsConfigurations", b"<IsTruncated>false</IsTruncated>"),
        ("GetBucketAcl", b"<Permission>FULL_CONTROL</Permission>"),
        ("DeleteBucketPolicy", b""),
        ("DeletePublicAccessBlock", b""),
    ],
)
def test_what_has_a_default_answers_it(ctx: Context, operation: str, body: bytes) -> None:
    document = getattr(unset_settings, xform_name(operation))(ctx, BUCKET)

    response = codec.respond(service_model("s3").operation_model(operation), document, "r")

    assert response.status == (204 if operation.startswith("Delete") else 200)
    assert body in response.body


def test_an_object_belongs_to_its_owner_alone_and_is_not_locked(
    ctx: Context, put: Callable[..., Document], code_of: Callable[..., str]
) -> None:
    put("k")
    request = {"Bucket": "bucket", "Key": "k"}

    grants = unset_settings.get_object_acl(ctx, request)["Grants"]

    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]
    assert code_of(unset_settings.get_object_retention, ctx, request) == "InvalidRequest"
    assert code_of(unset_settings.get_object_acl, ctx, {**request, "Key": "other"}) == "NoSuchKey"
