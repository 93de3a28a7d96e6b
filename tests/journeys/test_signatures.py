"""Requests are refused when unsigned, signed wrongly, too late, or for another service."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.journeys.server import Server, wait_for

from clary.domain.identity import Credentials
from clary.domain.signing import sign_request

TARGET = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.ListTrainingJobs"}
BODY = b"{}"
REFUSED = (400, 403)
"""AWS's JSON services say 400, the others 403; the code tells which it is."""


@pytest.fixture
def keys(server: Server) -> Credentials:
    found = json.loads((server.home / "credentials.json").read_text())
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"])


def signed(
    server: Server,
    keys: Credentials,
    *,
    service: str = "sagemaker",
    at: float | None = None,
    body: bytes = BODY,
) -> dict[str, str]:
    added = sign_request(
        "POST",
        f"{server.url}/",
        TARGET,
        hashlib.sha256(body).hexdigest(),
        keys,
        str(server.facts["region"]),
        service,
        time.time() if at is None else at,
    )
    return {**TARGET, **added}


def ask(
    server: Server, headers: dict[str, str], *, method: str = "POST", path: str = "/", body: bytes = BODY
) -> tuple[int, str]:
    """(HTTP status, body)."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def code_of(answer: tuple[int, str]) -> str:
    body: dict[str, Any] = json.loads(answer[1])
    return str(body["__type"]).rpartition("#")[2]


def test_the_signature_of_these_tests_is_a_good_one(server: Server, keys: Credentials) -> None:
    assert ask(server, signed(server, keys))[0] == 200


def test_an_unsigned_request_is_refused(server: Server) -> None:
    answer = ask(server, dict(TARGET))

    assert answer[0] in REFUSED
    assert code_of(answer) == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/journeys/key"), ("PUT", "/journeys/key")]
)
def test_an_unsigned_s3_request_is_refused(server: Server, method: str, path: str) -> None:
    status, body = ask(server, {}, method=method, path=path, body=b"")

    assert status == 403
    assert "AccessDenied" in body


def test_a_wrong_secret_is_refused(server: Server, keys: Credentials) -> None:
    answer = ask(server, signed(server, Credentials(keys.access_key_id, "x" * 40)))

    assert answer[0] in REFUSED
    assert code_of(answer) == "InvalidSignatureException"


def test_an_unknown_key_is_refused(server: Server, keys: Credentials) -> None:
    answer = ask(server, signed(server, Credentials("AKIAAAAAAAAAAAAAAAAA", keys.secret_access_key)))

    assert answer[0] in REFUSED
    assert code_of(answer) == "UnrecognizedClientException"


def test_a_body_that_is_not_the_one_signed_is_refused(server: Server, keys: Credentials) -> None:
    answer = ask(server, signed(server, keys), body=b'{"MaxResults": 1}')

    assert answer[0] in REFUSED
    assert code_of(answer) == "InvalidSignatureException"


@pytest.mark.parametrize("late_s", [-3600.0, 3600.0])
def test_a_request_from_another_time_is_refused(server: Server, keys: Credentials, late_s: float) -> None:
    answer = ask(server, signed(server, keys, at=time.time() + late_s))

    assert answer[0] in REFUSED
    assert code_of(answer) == "InvalidSignatureException"


@pytest.mark.parametrize("service", ["logs", "sts", "iam", "clary"])
def test_a_signature_for_another_service_is_refused(server: Server, keys: Credentials, service: str) -> None:
    answer = ask(server, signed(server, keys, service=service))

    assert 400 <= answer[0] < 500


def test_a_target_that_was_not_signed_for_is_refused(server: Server, keys: Credentials) -> None:
    headers = signed(server, keys) | {"X-Amz-Target": "SageMaker.DeleteTrainingJob"}

    assert ask(server, headers)[0] in REFUSED


def test_a_token_that_was_tampered_with_is_refused(server: Server) -> None:
    environ = server.client_environ()
    token = environ["AWS_SESSION_TOKEN"]
    changed = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    keys = Credentials(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], changed)

    answer = ask(server, signed(server, keys))

    assert answer[0] in REFUSED
    assert code_of(answer) == "UnrecognizedClientException"


def test_a_presigned_url_is_good_for_its_time_only(server: Server, bucket: str) -> None:
    s3 = server.session(root=True)("s3", signature_version="s3v4")

    def answer(expires_s: int) -> Callable[[], tuple[int, str]]:
        signed = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket}, ExpiresIn=expires_s)
        url = urlsplit(signed)
        return lambda: ask(server, {}, method="GET", path=f"{url.path}?{url.query}", body=b"")

    assert answer(600)()[0] == 200
    short = answer(1)
    refused = wait_for(lambda: said if (said := short())[0] != 200 else None, "the URL to expire")
    assert refused[0] == 403
    assert "expired" in refused[1]


def test_the_health_check_needs_no_signature(server: Server) -> None:
    assert ask(server, {}, method="GET", path="/_clary/health", body=b"")[0] == 200
