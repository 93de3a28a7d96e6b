from __future__ import annotations

import json

import pytest

from clary.domain.errors import BadRequest, Denied, Unauthenticated, ValidationError
from clary.wire.error_bodies import respond_error
from clary.wire.errors import spelling


@pytest.mark.parametrize(
    ("family", "code", "spelled"),
    [
        ("s3", "UnrecognizedClientException", ("InvalidAccessKeyId", 403)),
        ("s3", "ExpiredTokenException", ("ExpiredToken", 400)),
        ("query", "UnrecognizedClientException", ("InvalidClientTokenId", 403)),
        ("query", "ExpiredTokenException", ("ExpiredToken", 403)),
        ("json", "UnrecognizedClientException", ("UnrecognizedClientException", 403)),
        ("json", "ExpiredTokenException", ("ExpiredTokenException", 403)),
        ("json", "SignatureDoesNotMatch", ("InvalidSignatureException", 400)),
    ],
)
def test_each_service_spells_a_bad_key_its_own_way(family: str, code: str, spelled: tuple[str, int]) -> None:
    assert spelling(Unauthenticated("why", code=code), family) == spelled


@pytest.mark.parametrize(
    ("family", "spelled"),
    [
        ("s3", ("AccessDenied", 403)),
        ("query", ("AccessDenied", 403)),
        ("json", ("AccessDeniedException", 400)),
    ],
)
def test_each_service_spells_a_refusal_its_own_way(family: str, spelled: tuple[str, int]) -> None:
    assert spelling(Denied("why"), family) == spelled


def test_an_error_with_a_code_of_its_own_keeps_it() -> None:
    assert spelling(BadRequest("why", code="NoSuchKey", http_status=404), "s3") == ("NoSuchKey", 404)


def test_a_status_given_with_the_error_is_kept() -> None:
    assert spelling(ValidationError("why", http_status=422), "json") == ("ValidationException", 422)


def test_logs_has_its_own_name_for_a_constraint_that_breaks() -> None:
    assert spelling(ValidationError("why"), "json", "logs") == ("InvalidParameterException", 400)
    assert spelling(ValidationError("why"), "json", "sagemaker") == ("ValidationException", 400)
    assert spelling(BadRequest("why", code="Own"), "json", "logs") == ("Own", 400)
    answer = respond_error("logs", ValidationError("why"), "id")
    assert json.loads(answer.body)["__type"] == "InvalidParameterException"
