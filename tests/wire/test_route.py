"""Which operation a request asks for."""

from __future__ import annotations

import pytest

from clary.domain.errors import UnknownOperation
from clary.wire.http import HttpRequest
from clary.wire.route import guess_service, route


def asked(method: str, address: str, **headers: str) -> HttpRequest:
    path, _, query = address.partition("?")
    return HttpRequest(
        method, path, query, {name.replace("_", "-"): value for name, value in headers.items()}
    )


@pytest.mark.parametrize(
    ("method", "address", "headers", "operation"),
    [
        ("GET", "/", {}, "ListBuckets"),
        ("PUT", "/b", {}, "CreateBucket"),
        ("PUT", "/b/", {}, "CreateBucket"),
        ("HEAD", "/b", {}, "HeadBucket"),
        ("DELETE", "/b", {}, "DeleteBucket"),
        ("GET", "/b", {}, "ListObjects"),
        ("GET", "/b/", {}, "ListObjects"),
        ("GET", "/b?list-type=2", {}, "ListObjectsV2"),
        ("GET", "/b/?list-type=2&prefix=a%2Fb", {}, "ListObjectsV2"),
        ("GET", "/b?list-type=1", {}, "ListObjects"),
        ("GET", "/b?location", {}, "GetBucketLocation"),
        ("GET", "/b?location=", {}, "GetBucketLocation"),
        ("GET", "/b?uploads", {}, "ListMultipartUploads"),
        ("GET", "/b?versions", {}, "ListObjectVersions"),
        ("GET", "/b?lifecycle", {}, "GetBucketLifecycleConfiguration"),
        ("GET", "/b?analytics", {}, "ListBucketAnalyticsConfigurations"),
        ("GET", "/b?analytics&id=1", {}, "GetBucketAnalyticsConfiguration"),
        ("POST", "/b?delete", {}, "DeleteObjects"),
        ("GET", "/b/k", {}, "GetObject"),
        ("GET", "/b/k?x-id=GetObject", {}, "GetObject"),
        ("GET", "/b/k?partNumber=2", {}, "GetObject"),
        ("GET", "/b/k?uploadId=1", {}, "ListParts"),
        ("GET", "/b/k?tagging", {}, "GetObjectTagging"),
        ("GET", "/b/k?acl", {}, "GetObjectAcl"),
        ("GET", "/b/k?attributes", {}, "GetObjectAttributes"),
        ("HEAD", "/b/k", {}, "HeadObject"),
        ("PUT", "/b/k", {}, "PutObject"),
        ("PUT", "/b/k?x-id=PutObject", {}, "PutObject"),
        ("PUT", "/b/k", {"x_amz_copy_source": "/b/other"}, "CopyObject"),
        ("PUT", "/b/k?partNumber=1&uploadId=2", {}, "UploadPart"),
        ("PUT", "/b/k?partNumber=1&uploadId=2", {"x_amz_copy_source": "/b/other"}, "UploadPartCopy"),
        ("PUT", "/b/k?tagging", {}, "PutObjectTagging"),
        ("POST", "/b/k?uploads", {}, "CreateMultipartUpload"),
        ("POST", "/b/k?uploadId=1", {}, "CompleteMultipartUpload"),
        ("DELETE", "/b/k", {}, "DeleteObject"),
        ("DELETE", "/b/k?uploadId=1", {}, "AbortMultipartUpload"),
        ("DELETE", "/b/k?tagging", {}, "DeleteObjectTagging"),
        ("GET", "/b/a//b", {}, "GetObject"),
        ("GET", "/b//", {}, "GetObject"),
        ("GET", "/b/..", {}, "GetObject"),
        ("GET", "/b/../../etc", {}, "GetObject"),
        ("GET", "/b/folder/", {}, "GetObject"),
        ("GET", "/b/%2F%0A%C3%BC", {}, "GetObject"),
        ("GET", "/b/" + "k" * 1024, {}, "GetObject"),
        ("PUT", "/endpoints/x", {}, "PutObject"),
    ],
)
def test_an_address_of_s3_is_told(method: str, address: str, headers: dict[str, str], operation: str) -> None:
    assert route("s3", asked(method, address, **headers)) == ("s3", operation)


def test_the_three_services_that_sign_as_sagemaker_are_told_apart() -> None:
    target = asked("POST", "/", x_amz_target="SageMaker.ListTrials")

    assert route("sagemaker", target) == ("sagemaker", "ListTrials")
    invoke = asked("POST", "/endpoints/my-endpoint/invocations")
    assert route("sagemaker", invoke) == ("sagemaker-runtime", "InvokeEndpoint")
    assert route("sagemaker", asked("PUT", "/BatchPutMetrics")) == ("sagemaker-metrics", "BatchPutMetrics")


@pytest.mark.parametrize("service", ["sts", "iam"])
def test_an_action_is_found_in_the_body_or_in_the_query(service: str) -> None:
    name = {"sts": "AssumeRole", "iam": "GetRole"}[service]
    body = HttpRequest("POST", "/", "", {}, f"Version=2010-05-08&Action={name}".encode())

    assert route(service, body) == (service, name)
    assert route(service, asked("GET", f"/?Action={name}")) == (service, name)


@pytest.mark.parametrize(
    ("service", "request_", "named"),
    [
        ("ec2", asked("POST", "/"), "ec2"),
        ("sagemaker", asked("POST", "/", x_amz_target="SageMaker.NoSuchThing"), "SageMaker.NoSuchThing"),
        ("sagemaker", asked("POST", "/", x_amz_target="Logs_20140328.GetLogEvents"), "Logs_20140328"),
        ("sagemaker", asked("POST", "/", x_amz_target=""), "X-Amz-Target"),
        ("sagemaker", asked("GET", "/nowhere"), "/nowhere"),
        ("logs", asked("POST", "/"), "X-Amz-Target"),
        ("sts", asked("POST", "/"), "Action"),
        ("iam", asked("POST", "/?Action=AssumeRole"), "AssumeRole"),
        ("monitoring", asked("POST", "/?Action=AssumeRole"), "AssumeRole"),
        ("monitoring", asked("POST", "/", x_amz_target="Logs_20140328.GetLogEvents"), "Logs_20140328"),
        (
            "monitoring",
            asked("POST", "/service/X/operation/ListMetrics", smithy_protocol="rpc-v2-cbor"),
            "/X/",
        ),
        ("monitoring", asked("POST", "/", smithy_protocol="rpc-v2-cbor"), "cloudwatch"),
        ("s3", asked("PATCH", "/b/k"), "PATCH /b/k"),
        ("s3", asked("POST", "/b"), "POST /b"),
        ("s3", asked("PUT", "/"), "PUT /"),
        ("s3", asked("GET", ""), "GET"),
    ],
)
def test_what_nobody_serves_is_named(service: str, request_: HttpRequest, named: str) -> None:
    with pytest.raises(UnknownOperation) as caught:
        route(service, request_)

    assert named in caught.value.message


@pytest.mark.parametrize(
    ("request_", "service"),
    [
        (asked("POST", "/", x_amz_target="SageMaker.X"), "sagemaker"),
        (asked("POST", "/", x_amz_target="Logs_20140328.X"), "logs"),
        (asked("POST", "/", content_type="application/x-www-form-urlencoded; charset=utf-8"), "sts"),
        (asked("POST", "/", x_amz_target="GraniteServiceVersion20100801.X"), "cloudwatch"),
        (asked("POST", "/service/GraniteServiceVersion20100801/operation/X"), "cloudwatch"),
        (asked("PUT", "/BatchPutMetrics"), "sagemaker-metrics"),
        (asked("GET", "/b/k"), "s3"),
    ],
)
def test_an_unsigned_request_is_guessed_to_be_for(request_: HttpRequest, service: str) -> None:
    assert guess_service(request_) == service
