"""The parameters of invocations: what is kept of one request changes nothing of another."""

from __future__ import annotations

import pytest

from clary.domain.errors import ValidationError
from clary.server.inference.head_parameters import LONGEST_KEPT, _read, parse_invocation
from clary.wire.http import HttpRequest
from clary.wire.models import service_model

MODEL = service_model("sagemaker-runtime").operation_model("InvokeEndpoint")
STREAM = service_model("sagemaker-runtime").operation_model("InvokeEndpointWithResponseStream")


def request(name: str = "iris", body: bytes = b"1", **headers: str) -> HttpRequest:
    given = {each.replace("_", "-"): text for each, text in headers.items()}
    return HttpRequest("POST", f"/endpoints/{name}/invocations", "", {"host": "h", **given}, body)


def test_each_request_has_its_own_parameters() -> None:
    plain = parse_invocation(MODEL, request(body=b"1"))
    plain["EndpointName"] = "changed"

    again = parse_invocation(MODEL, request(body=b"2", x_amz_date="another"))

    assert again == {"EndpointName": "iris", "Body": b"2"}


def test_every_header_that_is_a_parameter_counts() -> None:
    first = parse_invocation(MODEL, request(content_type="text/csv", accept="text/csv"))
    swapped = parse_invocation(MODEL, request(content_type="text/csv", accept="application/json"))
    other = parse_invocation(MODEL, request("other", content_type="text/csv", accept="text/csv"))

    assert (first["ContentType"], first["Accept"]) == ("text/csv", "text/csv")
    assert swapped["Accept"] == "application/json"
    assert other["EndpointName"] == "other"


def test_the_operations_have_parameters_of_their_own() -> None:
    given = request(x_amzn_sagemaker_target_model="one.tar.gz")

    assert parse_invocation(MODEL, given)["TargetModel"] == "one.tar.gz"
    with pytest.raises(Exception, match="does not name"):
        parse_invocation(STREAM, given)


def test_what_is_wrong_is_told_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ValidationError, match="endpointName"):
            parse_invocation(MODEL, request("not_a_name"))


def test_a_long_head_is_not_kept() -> None:
    _read.cache_clear()

    assert 1100 < LONGEST_KEPT < 3000
    parse_invocation(MODEL, request(x_amzn_sagemaker_custom_attributes="a" * 1000))
    parse_invocation(
        MODEL,
        request(accept="a" * 1000, content_type="b" * 1000, x_amzn_sagemaker_custom_attributes="c" * 1000),
    )

    assert _read.cache_info().currsize == 1
