"""Signatures made by botocore, and what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4QueryAuth
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.signers import KEY_ID, NOW, NOW_S, SECRET, TOKEN, signed

from clary.domain.errors import Unauthenticated
from clary.wire.http import HttpRequest
from clary.wire.sigv4 import MAX_SKEW_S, read_signature, verify

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


def check(request: HttpRequest, *, now: float = NOW_S, secret: str = SECRET) -> None:
    body_sha256 = hashlib.sha256(request.body).hexdigest()
    verify(read_signature(request), request, secret, now=now, body_sha256=body_sha256)


def changed(request: HttpRequest, **fields: object) -> HttpRequest:
    return dataclasses.replace(request, **fields)  # type: ignore[arg-type]


def with_header(request: HttpRequest, name: str, value: str | None) -> HttpRequest:
    headers = {key: item for key, item in request.headers.items() if key != name}
    return changed(request, headers=headers if value is None else {**headers, name: value})


def refused(request: HttpRequest, *, now: float = NOW_S, secret: str = SECRET) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        check(request, now=now, secret=secret)
    return caught.value


@pytest.mark.parametrize("service", ["sagemaker", "logs", "sts", "iam", "s3"])
@pytest.mark.parametrize("token", [None, TOKEN])
def test_what_botocore_signs_is_accepted(service: str, token: str | None) -> None:
    request = signed(service=service, token=token, headers={"X-Amz-Target": "SageMaker.ListTrials"})

    check(request)

    found = read_signature(request)
    assert (found.access_key_id, found.session_token) == (KEY_ID, token or "")
    assert (found.service, found.region, found.signed_at) == (service, "us-east-1", NOW_S)


@given(
    segments=st.lists(TEXT, max_size=4),
    query=st.lists(st.tuples(TEXT, TEXT), max_size=4),
    headers=st.dictionaries(st.from_regex(r"x-[a-z]{3,9}", fullmatch=True), HEADER, max_size=3),
    service=st.sampled_from(["s3", "sagemaker"]),
    body=st.binary(max_size=30),
)
def test_odd_paths_queries_and_headers_are_accepted(
    segments: list[str], query: list[tuple[str, str]], headers: dict[str, str], service: str, body: bytes
) -> None:
    path = "/" + "/".join(quote(segment, safe="~") for segment in segments)
    url = f"http://localhost:9000{path}?{urlencode(query, quote_via=quote, safe='~')}".removesuffix("?")

    check(signed("PUT", url, headers, body, service=service))


@given(raw=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?%"), max_size=20))
def test_a_path_that_is_signed_as_it_is_sent_is_accepted(raw: str) -> None:
    check(signed("GET", f"http://localhost:9000/b/{raw}", service="s3", body=b""))


@pytest.mark.parametrize("character", ["!", "(", "'", ":", "@", "$", ","])
def test_a_path_that_is_signed_encoded_and_sent_plain_is_accepted(character: str) -> None:
    request = signed(
        "GET", f"http://localhost:9000/b/{quote(character, safe='')}?a={quote(character)}", service="s3"
    )

    check(changed(request, path=f"/b/{character}", query=f"a={character}"))


def test_an_encoded_slash_is_not_taken_for_a_slash() -> None:
    request = signed("GET", "http://localhost:9000/bucket/a/b", service="s3")

    assert refused(changed(request, path="/bucket/a%2Fb")).code == "SignatureDoesNotMatch"


def test_a_plus_in_a_query_is_not_taken_for_an_encoded_plus() -> None:
    request = signed("GET", "http://localhost:9000/bucket?prefix=a%2Bb", service="s3")

    assert refused(changed(request, query="prefix=a+b")).code == "SignatureDoesNotMatch"


def test_a_header_of_utf8_bytes_that_were_signed_as_bytes_is_accepted() -> None:
    plain = signed("PUT", "http://localhost:9000/b/k", {"x-amz-meta-name": "grün à"}, service="s3")
    on_the_wire = "grün à".encode().decode("latin-1")

    check(with_header(plain, "x-amz-meta-name", on_the_wire))


@pytest.mark.parametrize("service", ["s3", "sagemaker"])
@pytest.mark.parametrize("token", [None, TOKEN])
def test_a_presigned_address_is_accepted_until_it_expires(service: str, token: str | None) -> None:
    signer = S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth
    request = signed(
        "GET", "http://localhost:9000/b/k%20y?a=1", body=b"", service=service, signer=signer, token=token
    )

    check(request, now=NOW_S + 3600)

    found = read_signature(request)
    assert (found.presigned, found.expires_s, found.session_token) == (True, 3600, token or "")
    assert refused(request, now=NOW_S + 3601).code == "RequestExpired"
    assert refused(request, now=NOW_S - MAX_SKEW_S - 1).code == "RequestTimeTooSkewed"


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "PUT"},
        {"path": "/other"},
        {"query": "x=2"},
        {"query": ""},
        {"query": "x=1&y=1"},
        {"body": b"{} "},
    ],
    ids=str,
)
def test_a_request_that_was_changed_is_refused(fields: dict[str, object]) -> None:
    request = signed("POST", "http://localhost:9000/?x=1", {"X-Amz-Target": "SageMaker.ListTrials"})
    check(request)

    assert refused(changed(request, **fields)).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "name", ["host", "x-amz-date", "x-amz-target", "content-type", "x-amz-security-token"]
)
def test_a_signed_header_that_was_changed_or_dropped_is_refused(name: str) -> None:
    headers = {"X-Amz-Target": "SageMaker.ListTrials", "Content-Type": "application/x-amz-json-1.1"}
    request = signed(headers=headers, token=TOKEN)
    check(request)

    refused(with_header(request, name, "20261130T120001Z"))
    refused(with_header(request, name, None))


@pytest.mark.parametrize("service", ["s3", "sagemaker"])
@pytest.mark.parametrize("name", ["x-amz-security-token", "x-amz-target", "x-amz-copy-source", "x-amz-acl"])
def test_an_amz_header_that_was_added_is_refused(service: str, name: str) -> None:
    request = signed(service=service)

    assert refused(with_header(request, name, "smuggled")).code == "HeadersNotSigned"


def test_an_amz_header_added_to_a_presigned_address_is_refused() -> None:
    request = signed("PUT", "http://localhost:9000/b/k", body=b"", service="s3", signer=S3SigV4QueryAuth)

    assert refused(with_header(request, "x-amz-content-sha256", "0" * 64)).code == "HeadersNotSigned"


def test_a_signature_that_leaves_out_the_host_is_refused() -> None:
    request = signed()
    authorization = request.headers["authorization"].replace("host;", "")

    assert refused(with_header(request, "authorization", authorization)).code == "HeadersNotSigned"


def test_a_signature_for_another_service_region_or_day_is_refused() -> None:
    request = signed()
    for old, new in [("/sagemaker/", "/logs/"), ("/us-east-1/", "/eu-west-1/"), ("/20261130/", "/20261129/")]:
        moved = with_header(request, "authorization", request.headers["authorization"].replace(old, new))

        assert refused(moved).code == "SignatureDoesNotMatch"


def test_another_secret_is_refused() -> None:
    assert refused(signed(), secret="another").code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("seconds", [-MAX_SKEW_S - 1, MAX_SKEW_S + 1])
def test_a_clock_more_than_15_minutes_off_is_refused(seconds: int) -> None:
    check(signed(), now=NOW_S + seconds - (1 if seconds > 0 else -1))

    assert refused(signed(), now=NOW_S + seconds).code == "RequestTimeTooSkewed"


def test_a_plain_date_header_is_accepted() -> None:
    request = signed(headers={"Date": "is replaced by the signer"})
    assert "x-amz-date" not in request.headers

    check(request)
    assert refused(request, now=NOW_S + MAX_SKEW_S + 1).code == "RequestTimeTooSkewed"


def test_a_plain_date_without_a_zone_is_utc_wherever_the_server_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        check(signed(headers={"Date": "is replaced by the signer"}))
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_payload_hash_of_s3_is_what_was_signed() -> None:
    body = b"content"
    request = signed("PUT", "http://localhost:9000/b/k", body=body, service="s3")

    assert read_signature(request).payload_hash == hashlib.sha256(body).hexdigest()
    forged = with_header(request, "x-amz-content-sha256", hashlib.sha256(b"other").hexdigest())
    assert refused(forged).code == "SignatureDoesNotMatch"


def test_an_unsigned_payload_is_told_and_only_s3_takes_it() -> None:
    context: dict[str, object] = {"payload_signing_enabled": False}
    request = signed(
        "PUT",
        "https://localhost:9000/b/k",
        {"content-md5": "x"},
        service="s3",
        context={**context, "has_streaming_input": True},
    )
    elsewhere = signed(url="https://localhost:9000/", context=context)

    check(request)
    assert read_signature(request).payload_hash == "UNSIGNED-PAYLOAD"
    assert elsewhere.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert refused(elsewhere).code == "SignatureDoesNotMatch"


def test_a_request_to_s3_without_a_payload_hash_is_refused() -> None:
    request = signed(service="s3")

    assert refused(with_header(request, "x-amz-content-sha256", None)).code == "InvalidRequest"
    assert refused(with_header(request, "x-amz-content-sha256", "abc")).code == "InvalidArgument"


def test_an_unsigned_request_is_refused() -> None:
    assert refused(HttpRequest("GET", "/", "", {"host": "localhost"})).code == "MissingAuthenticationToken"


def test_the_old_signature_version_in_a_header_is_refused_with_the_fix() -> None:
    header = HttpRequest("GET", "/b/k", "", {"host": "h", "authorization": f"AWS {KEY_ID}:abc="})

    error = refused(header)

    assert error.code == "InvalidRequest"
    assert "AWS4-HMAC-SHA256" in error.message


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic dXNlcjpwYXNz",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ,,,",
        "AWS4-HMAC-SHA256 Credential=A/B, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20261130/us-east-1/s3/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=A/20261130/us-east-1/s3/aws4_request, SignedHeaders=;, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20261130/us-east-1/s3/aws4_request, SignedHeaders=b;a, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20261130/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=é",
        "AWS4-ECDSA-P256-SHA256 Credential=A/20261130/s3/aws4_request, SignedHeaders=host, Signature=0",
    ],
)
def test_an_authorization_that_cannot_be_read_is_refused(authorization: str) -> None:
    request = signed()

    refused(with_header(request, "authorization", authorization))


@given(st.text(st.characters(max_codepoint=255), max_size=80), st.text(max_size=20))
def test_no_authorization_or_query_breaks_the_reader(text: str, date: str) -> None:
    for request in (
        HttpRequest(
            "GET", "/", "", {"host": "h", "authorization": f"AWS4-HMAC-SHA256 {text}", "x-amz-date": date}
        ),
        HttpRequest("GET", "/", f"X-Amz-Signature={text}&X-Amz-Date={date}", {"host": "h"}),
    ):
        refused(request)


@pytest.mark.parametrize("expires", ["", "-1", "604801", "1e3", "٣"])
def test_a_presigned_address_needs_a_sound_lifetime(expires: str) -> None:
    request = signed("GET", "http://localhost:9000/b/k", body=b"", service="s3", signer=S3SigV4QueryAuth)
    query = request.query.replace("X-Amz-Expires=3600", f"X-Amz-Expires={quote(expires)}")

    assert refused(changed(request, query=query)).code == "AuthorizationQueryParametersError"


def test_a_presigned_address_cannot_be_given_a_longer_life() -> None:
    request = signed("GET", "http://localhost:9000/b/k", body=b"", service="s3", signer=S3SigV4QueryAuth)
    query = request.query.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200")

    assert refused(changed(request, query=query)).code == "SignatureDoesNotMatch"


def test_a_request_signed_yesterday_is_refused_today() -> None:
    assert refused(signed(at=NOW - timedelta(days=1))).code == "RequestTimeTooSkewed"
