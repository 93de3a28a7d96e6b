"""Every operation of every service, against botocore's own serializer and parser.

The operations of a service are one test: as thousands of tests they would cost more than what they do.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.wire.samples import EVENT_STREAMS, as_parsed, label, operations, receive, sample, send

from clary.domain.errors import PlatformError
from clary.wire import codec
from clary.wire.protocol import CBOR, protocol_of
from clary.wire.route import route

if TYPE_CHECKING:
    from botocore.model import OperationModel

OPERATIONS = operations()
SERVICES = sorted({operation.service_model.service_name for operation in OPERATIONS})

SAME_ADDRESS = {"ListDirectoryBuckets": "ListBuckets"}
"""Told apart by host name at AWS, and by nothing in a request with a path-style address."""


NOT_DOCUMENTS = EVENT_STREAMS | {"s3:GetBucketLocation"}
"""botocore reads a location with a handler of its own; test_rest_xml has it."""


def test_there_is_every_operation_of_nine_services() -> None:
    assert (len(OPERATIONS), len(SERVICES)) == (972, 9)


def each_operation(
    *, without: set[str] | frozenset[str] = frozenset()
) -> Callable[[Callable[[OperationModel], None]], Callable[[str], None]]:
    """Makes one test for each service of a check of an operation. An error says of which operation it is."""

    def make(check: Callable[[OperationModel], None]) -> Callable[[str], None]:
        @pytest.mark.parametrize("service", SERVICES)
        def test(service: str) -> None:
            checked = 0
            for operation in OPERATIONS:
                if operation.service_model.service_name != service or label(operation) in without:
                    continue
                checked += 1
                try:
                    check(operation)
                except Exception as error:
                    error.add_note(f"in {label(operation)}")
                    raise
            assert checked > 0

        return test

    return make


@each_operation()
def test_a_request_is_routed_to_its_operation_and_read_whole(operation: OperationModel) -> None:
    params = sample(operation.input_shape)
    request = send(operation, params)

    service = operation.service_model.service_name
    signing_name = operation.service_model.signing_name
    assert route(signing_name, request) == (service, SAME_ADDRESS.get(operation.name, operation.name))
    assert codec.parse(operation, request) == _expected(operation, params)


@each_operation()
def test_the_least_request_is_routed_to_its_operation(operation: OperationModel) -> None:
    shape = operation.input_shape
    everything = sample(shape)
    params = {name: everything[name] for name in (shape.required_members if shape is not None else ())}
    request = send(operation, params)

    service = operation.service_model.service_name
    signing_name = operation.service_model.signing_name
    assert route(signing_name, request) == (service, SAME_ADDRESS.get(operation.name, operation.name))
    parsed = codec.parse(operation, request)
    if "ContentLength" not in params:
        parsed.pop("ContentLength", None)  # every request with a body has one
    assert parsed == _expected(operation, params)


@each_operation(without=NOT_DOCUMENTS)
def test_an_answer_is_read_whole_by_the_client(operation: OperationModel) -> None:
    shape = operation.output_shape
    result = sample(shape)
    response = codec.respond(operation, {**result, "_private": object(), "Absent": None}, "req-1")

    if operation.http["method"] == "HEAD":
        assert response.body == b""
    parsed = receive(operation, response)
    metadata = parsed.pop("ResponseMetadata")
    if shape is not None or operation.service_model.protocol != CBOR:  # else botocore reads nothing at all
        assert metadata["RequestId"] == "req-1"
    assert {name: _unwrapped(value) for name, value in parsed.items()} == result


@each_operation()
def test_the_client_reads_the_code_and_message_of_every_error(operation: OperationModel) -> None:
    service = operation.service_model.service_name
    codes = [shape.error_code for shape in operation.error_shapes] or ["SomethingElse"]
    for code in codes:
        error = PlatformError("what is <wrong> & why", code=code, http_status=409)

        response = codec.respond_error(service, error, "req-1", operation)

        if operation.http["method"] == "HEAD":
            assert response.body == b""
            continue
        parsed = receive(operation, response)
        assert parsed["Error"]["Code"] == code
        assert parsed["Error"]["Message"] == "what is <wrong> & why"
        assert parsed["ResponseMetadata"]["RequestId"] == "req-1"
        assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 409


CLOUDWATCH = [one for one in OPERATIONS if one.service_model.service_name == "cloudwatch"]
OLDER = ("json", "query")
"""What clients speak to CloudWatch that do not know CBOR."""


@pytest.mark.parametrize("protocol", OLDER)
@pytest.mark.parametrize("operation", CLOUDWATCH, ids=label)
def test_an_older_client_is_understood_and_answered(operation: OperationModel, protocol: str) -> None:
    params = sample(operation.input_shape)
    request = send(operation, params, protocol)
    assert route("monitoring", request) == ("cloudwatch", operation.name)
    assert protocol_of("cloudwatch", request) == protocol
    assert codec.parse(operation, request) == _expected(operation, params)

    result = sample(operation.output_shape)
    response = codec.respond(operation, {**result, "_private": object()}, "req-1", protocol=protocol)
    parsed = receive(operation, response, protocol)
    assert parsed.pop("ResponseMetadata")["RequestId"] == "req-1"
    assert parsed == result


@pytest.mark.parametrize("protocol", OLDER)
@pytest.mark.parametrize("operation", CLOUDWATCH, ids=label)
def test_an_older_client_reads_the_code_and_message_of_every_error(
    operation: OperationModel, protocol: str
) -> None:
    for shape in operation.error_shapes:
        error = PlatformError("what is <wrong> & why", code=shape.error_code, http_status=400)

        response = codec.respond_error("cloudwatch", error, "req-1", operation, protocol=protocol)

        parsed = receive(operation, response, protocol)
        assert parsed["Error"]["Code"] == shape.error_code
        assert parsed["Error"]["Message"] == "what is <wrong> & why"


def _expected(operation: OperationModel, params: dict[str, Any]) -> Any:
    expected = as_parsed(operation.input_shape, params)
    payload = operation.input_shape.serialization.get("payload") if operation.input_shape else None
    if payload is not None and operation.service_model.service_name == "sagemaker-runtime":
        expected.setdefault(payload, b"")  # an absent blob and an empty one look the same
    elif payload is not None and operation.has_streaming_input:
        expected.pop(payload, None)
    return expected


def _unwrapped(value: Any) -> Any:
    return value.read() if isinstance(value, io.BytesIO) else value
