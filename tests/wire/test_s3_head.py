"""S3 reads a request's head more tolerantly than the model, and refuses with codes of its own."""

from __future__ import annotations

from typing import Any

import pytest

from clary.domain.errors import BadRequest
from clary.wire import codec
from clary.wire.http import HttpRequest
from clary.wire.models import service_model
from clary.wire.validate import validate


def parse(name: str, address: str = "/b/k", body: bytes = b"", **headers: str) -> dict[str, Any]:
    operation = service_model("s3").operation_model(name)
    path, _, query = address.partition("?")
    lower = {header.replace("_", "-"): value for header, value in headers.items()}
    params = codec.parse(operation, HttpRequest(operation.http["method"], path, query, lower, body))
    validate(operation, params)
    return params


@pytest.mark.parametrize(
    ("operation", "header", "value", "member", "read"),
    [
        ("GetObject", "x_amz_checksum_mode", "enabled", "ChecksumMode", "ENABLED"),
        ("PutObject", "x_amz_sdk_checksum_algorithm", "crc32", "ChecksumAlgorithm", "CRC32"),
        ("PutObject", "x_amz_storage_class", "standard_ia", "StorageClass", "STANDARD_IA"),
        ("PutObject", "x_amz_server_side_encryption", "AWS:KMS", "ServerSideEncryption", "aws:kms"),
        ("CopyObject", "x_amz_metadata_directive", "replace", "MetadataDirective", "REPLACE"),
        ("CreateMultipartUpload", "x_amz_checksum_type", "full_object", "ChecksumType", "FULL_OBJECT"),
    ],
)
def test_names_are_read_in_any_case(operation: str, header: str, value: str, member: str, read: str) -> None:
    assert parse(operation, **{header: value, "x_amz_copy_source": "b/s"})[member] == read


@pytest.mark.parametrize(
    ("operation", "header"),
    [
        ("GetObject", "x_amz_checksum_mode"),
        ("GetObject", "x_amz_request_payer"),
        ("GetObject", "if_modified_since"),
        ("HeadObject", "if_unmodified_since"),
    ],
)
def test_hints_and_dates_that_s3_cannot_read_are_ignored(operation: str, header: str) -> None:
    assert parse(operation, **{header: "whatever"}) == {"Bucket": "b", "Key": "k"}


def test_a_parameter_without_a_value_says_nothing() -> None:
    found = parse("ListObjectsV2", "/b?list-type=2&max-keys=&encoding-type=&fetch-owner=&prefix=")

    assert found == {"Bucket": "b", "Prefix": ""}


@pytest.mark.parametrize(
    ("operation", "address", "headers", "code"),
    [
        ("PutObject", "/b/k", {"x_amz_storage_class": "CUPBOARD"}, "InvalidStorageClass"),
        ("PutObject", "/b/k", {"x_amz_storage_class": "OUTPOSTS"}, "InvalidStorageClass"),
        ("PutObject", "/b/k", {"x_amz_acl": "everybody"}, "InvalidArgument"),
        ("PutObject", "/b/k", {"x_amz_server_side_encryption": "rot13"}, "InvalidArgument"),
        ("CreateMultipartUpload", "/b/k", {"x_amz_checksum_algorithm": "crc7"}, "InvalidRequest"),
        ("ListObjects", "/b?max-keys=many", {}, "InvalidArgument"),
        ("ListObjectsV2", "/b?max-keys=99999999999", {}, "InvalidArgument"),
        ("ListObjects", "/b?encoding-type=morse", {}, "InvalidArgument"),
        ("UploadPart", "/b/k?uploadId=1&partNumber=x", {}, "InvalidArgument"),
        ("UploadPart", "/b/k?uploadId=1&partNumber=99999999999", {}, "InvalidArgument"),
        ("CreateBucket", "/b", {"x_amz_bucket_object_lock_enabled": "perhaps"}, "InvalidArgument"),
        ("GetObjectAttributes", "/b/k", {"x_amz_object_attributes": "Colour"}, "InvalidArgument"),
        ("UploadPart", "/b/k?uploadId=1&partNumber=", {}, "InvalidArgument"),
        ("GetObjectAttributes", "/b/k", {}, "InvalidRequest"),
        ("DeleteObjects", "/b", {}, "MissingRequestBodyError"),
    ],
)
def test_what_s3_refuses_has_its_own_code(
    operation: str, address: str, headers: dict[str, str], code: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(operation, address, **headers)

    assert (caught.value.code, caught.value.http_status) == (code, 400)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("DeleteObjects", b"<Delete/>"),
        ("DeleteObjects", b"<Delete><Object><VersionId>null</VersionId></Object></Delete>"),
        ("PutObjectTagging", b"<Tagging/>"),
        ("PutObjectTagging", b"<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>"),
    ],
)
def test_a_body_that_lacks_something_is_malformed(operation: str, body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(operation, "/b/k" if operation == "PutObjectTagging" else "/b", body)

    assert caught.value.code == "MalformedXML"


def test_limits_of_the_model_are_the_clients() -> None:
    body = b"<CreateBucketConfiguration><LocationConstraint>mars-north-1</LocationConstraint>"

    found = parse("CreateBucket", "/b", body + b"</CreateBucketConfiguration>")

    assert found["CreateBucketConfiguration"] == {"LocationConstraint": "mars-north-1"}
    assert parse("CopyObject", x_amz_copy_source="nothing")["CopySource"] == "nothing"
