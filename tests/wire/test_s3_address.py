from __future__ import annotations

import time
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from tests.wire.signers import KEY_ID, SECRET, TOKEN

from clary.domain.errors import Unauthenticated
from clary.wire import sigv4
from clary.wire.http import HttpRequest
from clary.wire.s3_address import bucket_of, by_path, in_plain_form


def asked(host: str, path: str = "/k") -> HttpRequest:
    return HttpRequest("GET", path, "", {"host": host})


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("bucket.localhost", "bucket"),
        ("bucket.localhost:9000", "bucket"),
        ("Bucket.LOCALHOST:9000", "bucket"),
        ("my.dotted.bucket.localhost:9000", "my.dotted.bucket"),
        ("bucket.s3.localhost:9000", "bucket"),
        ("bucket.s3.amazonaws.com", "bucket"),
        ("bucket.s3.eu-west-1.amazonaws.com", "bucket"),
        ("bucket.s3-eu-west-1.amazonaws.com", "bucket"),
        ("bucket.s3.dualstack.eu-west-1.amazonaws.com", "bucket"),
        ("s3.bucket.localhost", "s3.bucket"),
    ],
)
def test_a_bucket_in_the_host_goes_in_front_of_the_path(host: str, bucket: str) -> None:
    assert by_path(asked(host, "/a//b%2Fc")).path == f"/{bucket}/a//b%2Fc"
    assert by_path(asked(host, "/")).path == f"/{bucket}/"
    assert bucket_of(asked(host)) == bucket


@pytest.mark.parametrize(
    "host",
    [
        "localhost:9000",
        "127.0.0.1:9000",
        "s3.localhost:9000",
        "s3.amazonaws.com",
        "s3.eu-west-1.amazonaws.com",
        "example.com",
        "bucket.example.com",
        "bucket.localhost.example.com",
        ".localhost",
        "../x.localhost",
        "a/b.localhost",
        "",
    ],
)
def test_any_other_host_leaves_the_path_alone(host: str) -> None:
    assert by_path(asked(host, "/b/k")).path == "/b/k"


def presigned(version: str, style: str, *, token: str | None = None, **params: object) -> HttpRequest:
    session = boto3.Session(KEY_ID, SECRET, token, region_name="us-east-1")
    config = Config(signature_version=version, s3={"addressing_style": style})
    s3 = session.client("s3", endpoint_url="http://localhost:9000", config=config)
    url = urlsplit(s3.generate_presigned_url("put_object", Params={"Bucket": "bucket", "Key": "k", **params}))
    return HttpRequest("PUT", url.path, url.query, {"host": url.netloc})


def plain(request: HttpRequest, **headers: str) -> HttpRequest:
    """As the server reads it, once its signature is found good."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = HttpRequest("PUT", request.path, request.query, {**request.headers, **sent})
    signature = sigv4.read_signature(request)
    sigv4.verify(signature, request, SECRET, now=time.time(), body_sha256=None)
    return in_plain_form(request, signature)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_both_kinds_of_signatures_are_good_for_both_kinds_of_addresses(version: str, style: str) -> None:
    request = presigned(version, style, token=TOKEN)

    assert request.headers["host"] == ("bucket.localhost:9000" if style == "virtual" else "localhost:9000")
    assert plain(request).path == "/bucket/k"


def test_what_an_older_address_signed_is_applied() -> None:
    request = presigned("s3", "path", ContentType="text/plain", Metadata={"colour": "blau +"}, ACL="private")

    headers = plain(request, content_type="text/plain").headers

    assert headers["x-amz-acl"] == "private"
    assert headers["x-amz-meta-colour"] == "blau +"
    with pytest.raises(Unauthenticated):
        plain(request, content_type="text/html")
    with pytest.raises(Unauthenticated):
        plain(request)


@pytest.mark.parametrize("name", ["x-amz-meta-colour", "X-Amz-Meta-Colour", "x-amz-%6Deta-colour"])
def test_what_was_signed_is_what_is_applied(name: str) -> None:
    request = presigned("s3", "path", Metadata={"colour": "blue"})
    before = HttpRequest("PUT", request.path, f"{name}=red&{request.query}", request.headers)
    behind = HttpRequest("PUT", request.path, f"{request.query}&{name}=red", request.headers)

    with pytest.raises(Unauthenticated):
        plain(before)
    assert plain(behind).headers["x-amz-meta-colour"] == "blue"
    with pytest.raises(Unauthenticated):
        plain(HttpRequest("PUT", request.path, f"{request.query}&x-amz-acl=private", request.headers))


def test_what_a_newer_address_signed_has_to_be_sent() -> None:
    request = presigned("s3v4", "path", ContentType="text/plain", StorageClass="STANDARD_IA")

    with pytest.raises(Unauthenticated):
        plain(request)
    with pytest.raises(Unauthenticated):
        plain(request, content_type="text/html", x_amz_storage_class="STANDARD_IA")
    sent = plain(request, content_type="text/plain", x_amz_storage_class="STANDARD_IA")
    assert sent.headers["x-amz-storage-class"] == "STANDARD_IA"


def test_the_signature_itself_is_no_header() -> None:
    request = presigned("s3v4", "path", token=TOKEN)

    assert not [name for name in plain(request).headers if name.startswith("x-amz-")]


def test_a_plain_request_carries_no_header_in_its_query() -> None:
    signature = sigv4.read_signature(presigned("s3v4", "path"))
    object.__setattr__(signature, "presigned", False)
    request = HttpRequest("PUT", "/b/k", "x-amz-acl=public-read", {"host": "localhost"})

    assert "x-amz-acl" not in in_plain_form(request, signature).headers
