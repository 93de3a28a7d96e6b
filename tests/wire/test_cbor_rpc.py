"""CBOR bodies that are not valid requests are refused, also those that attack the parser."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest

from clary.domain.errors import SerializationError, ValidationError
from clary.wire import codec
from clary.wire.http import HttpRequest
from clary.wire.models import service_model

OPERATION = service_model("cloudwatch").operation_model("GetMetricStatistics")


def parse(body: bytes) -> dict[str, Any]:
    path = "/service/GraniteServiceVersion20100801/operation/GetMetricStatistics"
    headers = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
    return codec.parse(OPERATION, HttpRequest("POST", path, "", headers, body))


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\x81" * 100_000,
        b"\xa1aa" * 100_000,
        b"\x7b\x7f" + b"\xff" * 7,
        b"\x9b\x00\x00\x00\x10" + bytes(4),
        cbor2.dumps([]),
        cbor2.dumps("x"),
        cbor2.dumps({"Namespace": 7}),
        cbor2.dumps({"Period": 2**40}),
        cbor2.dumps({"StartTime": "yesterday"}),
        cbor2.dumps({"StartTime": cbor2.CBORTag(1, 1e300)}),
        cbor2.dumps({"Dimensions": {}}),
        cbor2.dumps({"Namespace": cbor2.CBORTag(35, "(a+)+b")}),
        b"\xd8\x1c\x81\xd8\x1d\x00",
        cbor2.dumps({"Period": 2**70}),
    ],
)
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(SerializationError):
        parse(body)


def test_what_is_not_of_the_model_is_dropped() -> None:
    assert parse(cbor2.dumps({"Namespace": "n", 7: "x", "Other": [1], "Period": None})) == {"Namespace": "n"}
    assert parse(b"") == {}


def test_an_error_has_the_code_that_clients_of_the_query_protocol_know() -> None:
    response = codec.respond_error(
        "cloudwatch", ValidationError("m", code="InvalidParameterValue"), "r", OPERATION
    )

    assert response.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender"
    assert cbor2.loads(response.body) == {"__type": "InvalidParameterValueException", "message": "m"}
