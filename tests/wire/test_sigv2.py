from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from tests.wire.signers import KEY_ID, SECRET, TOKEN, as_received

from clary.domain.errors import Unauthenticated
from clary.wire import sigv4
from clary.wire.http import HttpRequest


def presigned(operation: str = "get_object", *, token: str | None = None, **params: str | int) -> HttpRequest:
    """What boto3 makes by itself in us-east-1, as the server gets it."""
    session = boto3.Session(KEY_ID, SECRET, token, region_name="us-east-1")
    s3 = session.client(
        "s3", endpoint_url="http://localhost:9000", config=Config(s3={"addressing_style": "path"})
    )
    where = {"Bucket": "b", "Key": "deep//ü +.txt", **params}
    return received(
        s3.generate_presigned_url(operation, Params=where), "PUT" if "put" in operation else "GET"
    )


def received(url: str, method: str = "GET", **headers: str) -> HttpRequest:
    return as_received(AWSRequest(method=method, url=url, headers=headers))


def verify(request: HttpRequest, secret: str = SECRET, *, late_s: float = 0.0) -> None:
    signature = sigv4.read_signature(request)
    sigv4.verify(signature, request, secret, now=time.time() + late_s, body_sha256=None)


def altered(request: HttpRequest, **changes: str) -> HttpRequest:
    members = {"method": request.method, "path": request.path, "query": request.query} | changes
    return HttpRequest(members["method"], members["path"], members["query"], request.headers, b"")


def test_the_address_boto3_makes_by_default_is_good() -> None:
    request = presigned()

    assert "AWSAccessKeyId" in request.query
    verify(request)
    assert sigv4.read_signature(request).service == "s3"


@pytest.mark.parametrize(
    "asked",
    [
        {"token": TOKEN},
        {"operation": "put_object"},
        {"ResponseContentDisposition": 'attachment; filename="a b.txt"'},
        {"operation": "upload_part", "UploadId": "u+/=", "PartNumber": 3},
    ],
    ids=["session", "put", "parameters", "part"],
)
def test_what_else_is_signed_is_signed_the_same_way(asked: dict[str, Any]) -> None:
    request_made = presigned(**asked)

    verify(altered(request_made, method="PUT") if "partNumber" in request_made.query else request_made)


@pytest.mark.parametrize(
    "operation", ["list_objects", "list_objects_v2", "list_object_versions", "get_bucket_location"]
)
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_an_address_of_a_bucket_is_good(operation: str, style: str) -> None:
    s3 = boto3.Session(KEY_ID, SECRET, region_name="us-east-1").client(
        "s3", endpoint_url="http://localhost:9000", config=Config(s3={"addressing_style": style})
    )
    request = received(s3.generate_presigned_url(operation, Params={"Bucket": "b"}))

    assert "AWSAccessKeyId" in request.query
    verify(request)
    with pytest.raises(Unauthenticated, match="does not match"):
        verify(altered(request, path="/bc"))


def test_a_header_that_was_signed_has_to_come() -> None:
    request = presigned("put_object", ContentType="text/plain")

    def sent(content_type: str) -> HttpRequest:
        headers = {**request.headers, "content-type": content_type}
        return HttpRequest("PUT", request.path, request.query, headers, b"")

    verify(sent("text/plain"))
    for other in (request, sent("text/html")):
        with pytest.raises(Unauthenticated, match="does not match"):
            verify(other)


def test_an_address_past_its_time_is_refused() -> None:
    with pytest.raises(Unauthenticated, match="expired") as refused:
        verify(presigned(), late_s=3700.0)

    assert refused.value.http_status == 403


@pytest.mark.parametrize(
    "changes", [{"path": "/b/other"}, {"method": "DELETE"}], ids=["another key", "another method"]
)
def test_an_address_is_good_for_what_was_signed_only(changes: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated, match="does not match"):
        verify(altered(presigned(), **changes))


@pytest.mark.parametrize(
    "added", ["acl", "tagging", "versionId=1", "uploads", "x-amz-acl=public-read", "Expires=9999999999"]
)
def test_a_parameter_of_weight_can_not_be_added(added: str) -> None:
    request = presigned()

    with pytest.raises(Unauthenticated, match="does not match"):
        verify(altered(request, query=f"{added}&{request.query}"))


def test_another_secret_is_refused() -> None:
    with pytest.raises(Unauthenticated, match="does not match"):
        verify(presigned(), "another secret")


@pytest.mark.parametrize(
    "query", ["AWSAccessKeyId=A&Signature=S", "AWSAccessKeyId=A&Signature=S&Expires=soon"]
)
def test_an_address_without_its_parts_is_told_what_it_needs(query: str) -> None:
    with pytest.raises(Unauthenticated, match="Expires"):
        sigv4.read_signature(HttpRequest("GET", "/b/k", query, {"host": "localhost"}, b""))
