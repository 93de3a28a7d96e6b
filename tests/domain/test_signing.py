"""Our signer against botocore's."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.signers import KEY_ID, NOW, NOW_S, SECRET, TOKEN, clock_at

from clary.domain.identity import Credentials
from clary.domain.signing import EMPTY_SHA256, canonical_path, host_header, sign_request, signing_key

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


@given(
    segments=st.lists(TEXT, max_size=4),
    query=st.lists(st.tuples(TEXT, TEXT), max_size=4),
    headers=st.dictionaries(st.from_regex(r"[Xx]-[A-Za-z]{3,9}", fullmatch=True), HEADER, max_size=3),
    service=st.sampled_from(["s3", "sagemaker", "logs"]),
    body=st.binary(max_size=30),
    token=st.sampled_from(["", TOKEN]),
)
def test_a_signature_equals_botocores(
    segments: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    service: str,
    body: bytes,
    token: str,
) -> None:
    path = "/" + "/".join(quote(segment, safe="~") for segment in segments)
    url = f"http://localhost:9000{path}?{urlencode(query, quote_via=quote, safe='~')}".removesuffix("?")
    headers = {name.lower(): value for name, value in headers.items()}
    request = AWSRequest("PUT", url, headers=headers, data=body)
    with clock_at(NOW):
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        signer(BotocoreCredentials(KEY_ID, SECRET, token or None), service, "eu-west-1").add_auth(request)

    added = sign_request(
        "PUT",
        url,
        headers,
        hashlib.sha256(body).hexdigest(),
        Credentials(KEY_ID, SECRET, token),
        "eu-west-1",
        service,
        NOW_S,
    )

    assert added.pop("host") == "localhost:9000"
    assert added == {
        name.lower(): value for name, value in request.headers.items() if name.lower() not in headers
    }


def test_the_key_of_the_documentation() -> None:
    key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam")

    assert key.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://LOCALHOST:9000/x", "localhost:9000"),
        ("http://a.example:80/", "a.example"),
        ("https://a.example:443/", "a.example"),
        ("http://[::1]:9000/", "[::1]:9000"),
    ],
)
def test_the_host_header_has_a_port_only_where_it_is_unusual(url: str, host: str) -> None:
    assert host_header(url) == host


def test_the_path_of_s3_is_signed_as_it_is() -> None:
    assert canonical_path("/b/a//../%20x/", "s3") == "/b/a//../%20x/"


def test_other_paths_are_straightened_and_encoded_once_more() -> None:
    assert canonical_path("/b/a//../%20x/", "sagemaker") == "/b/%2520x/"
    assert canonical_path("", "sagemaker") == "/"
    assert canonical_path("/../..", "sagemaker") == "/"


def test_the_hash_of_nothing() -> None:
    assert hashlib.sha256(b"").hexdigest() == EMPTY_SHA256
