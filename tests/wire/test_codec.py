"""Details of the protocols beyond serializing and parsing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from clary.domain.errors import (
    Denied,
    NotFound,
    PlatformError,
    SerializationError,
    Unauthenticated,
    UnknownOperation,
    ValidationError,
)
from clary.wire import codec
from clary.wire.http import HttpRequest
from clary.wire.models import service_model

CREATE = service_model("sagemaker").operation_model("CreateTrainingJob")
DESCRIBE = service_model("sagemaker").operation_model("DescribeTrainingJob")
LIST = service_model("sagemaker").operation_model("ListTrainingJobs")


def parse(body: bytes, operation: Any = CREATE, **request: Any) -> dict[str, Any]:
    return codec.parse(operation, HttpRequest("POST", "/", "", request.get("headers", {}), body))


def refusal(body: bytes, operation: Any = CREATE) -> str:
    with pytest.raises(SerializationError) as caught:
        parse(body, operation)
    assert caught.value.code == "SerializationException"
    return caught.value.message


def test_unknown_members_are_dropped_and_null_ones_left_out() -> None:
    assert parse(b'{"TrainingJobName": "a", "NoSuchMember": 1, "RoleArn": null}') == {"TrainingJobName": "a"}


def test_an_empty_body_is_an_empty_document() -> None:
    assert parse(b"") == {}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"TrainingJobName": 1}', "NUMBER_VALUE can not be converted to a String (at 'trainingJobName')"),
        (
            b'{"ResourceConfig": {"InstanceCount": "1"}}',
            "STRING_VALUE can not be converted to an Integer (at 'resourceConfig.instanceCount')",
        ),
        (
            b'{"EnableNetworkIsolation": "true"}',
            "STRING_VALUE can not be converted to a Boolean (at 'enableNetworkIsolation')",
        ),
        (
            b'{"ResourceConfig": {"InstanceCount": true}}',
            "TRUE_VALUE can not be converted to an Integer (at 'resourceConfig.instanceCount')",
        ),
        (
            b'{"Tags": [{"Key": "a"}, {"Key": {}}]}',
            "Start of structure or map found where a String is expected (at 'tags.2.member.key')",
        ),
        (
            b'{"HyperParameters": {"lr": 0.1}}',
            "NUMBER_VALUE can not be converted to a String (at 'hyperParameters.lr')",
        ),
        (
            b'{"Tags": {}}',
            "Start of structure or map found where a List is expected (at 'tags')",
        ),
        (
            b'{"ResourceConfig": []}',
            "Start of list found where a Structure is expected (at 'resourceConfig')",
        ),
        (
            b'{"ResourceConfig": {"InstanceCount": 3000000000}}',
            "3000000000 is out of the range of an Integer (at 'resourceConfig.instanceCount')",
        ),
        (
            b'{"ResourceConfig": {"InstanceCount": 1.5}}',
            "NUMBER_VALUE can not be converted to an Integer (at 'resourceConfig.instanceCount')",
        ),
    ],
)
def test_a_wrong_type_is_told_with_its_place(body: bytes, message: str) -> None:
    assert refusal(body) == message


@pytest.mark.parametrize(("sent", "kept"), [(b"true", 1.0), (b"false", 0.0)])
def test_a_boolean_is_a_number_where_a_double_is_wanted(sent: bytes, kept: float) -> None:
    operation = service_model("sagemaker").operation_model("UpdateTrialComponent")
    body = b'{"Parameters": {"flag": {"NumberValue": ' + sent + b"}}}"

    found = parse(body, operation)["Parameters"]["flag"]["NumberValue"]

    assert (found, type(found)) == (kept, float)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"{", b"{}x", b"\xff", b'{"a": NaN}', b"\x00"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    refusal(body)


def test_a_deep_body_is_refused_and_brackets_in_texts_do_not_count() -> None:
    deep = b'{"Search":' * 500 + b"1" + b"}" * 500

    assert "levels deep" in refusal(deep)
    assert parse(b'{"TrainingJobName": "' + b'[{\\"' * 500 + b'"}') == {"TrainingJobName": '[{"' * 500}


def test_a_deep_filter_below_the_limit_goes_through_validation_and_back() -> None:
    operation = service_model("sagemaker").operation_model("Search")
    expression: dict[str, Any] = {"Operator": "And"}
    for _ in range(45):
        expression = {"SubExpressions": [expression]}

    assert parse(orjson.dumps({"SearchExpression": expression}), operation) == {
        "SearchExpression": expression
    }


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ("1700000000", 1700000000.0),
        ("1700000000.25", 1700000000.25),
        ("-1.5", -1.5),
        ('"2023-11-14T22:13:20Z"', 1700000000.0),
        ('"2023-11-14T22:13:20.123456789Z"', 1700000000.123456),
        ('"2023-11-14T23:13:20+01:00"', 1700000000.0),
        ('"2023-11-14T22:13:20"', 1700000000.0),
        ('"Tue, 14 Nov 2023 22:13:20 GMT"', 1700000000.0),
    ],
)
def test_an_instant_is_epoch_seconds_however_it_is_spelled(sent: str, seconds: float) -> None:
    assert parse(f'{{"CreationTimeAfter": {sent}}}'.encode(), LIST) == {"CreationTimeAfter": seconds}


@pytest.mark.parametrize(
    "sent", ['"yesterday"', "1e300", '""', "true", '"9999-99-99T00:00:00Z"', '"Tue, 99 Foo"']
)
def test_what_is_no_instant_is_refused(sent: str) -> None:
    assert "creationTimeAfter" in refusal(f'{{"CreationTimeAfter": {sent}}}'.encode(), LIST)


def test_an_answer_holds_what_the_shape_declares_and_nothing_else() -> None:
    stored = {
        "TrainingJobName": "a",
        "_handles": ["secret"],
        "FailureReason": None,
        "CreationTime": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        "LastModifiedTime": 1700000000.5,
        "ResourceConfig": {"InstanceCount": 1, "_private": 1},
        "FinalMetricDataList": [{"MetricName": "loss", "Value": float("nan")}],
    }

    response = codec.respond(DESCRIBE, stored, "req-1")

    assert response.status == 200
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert response.headers["x-amzn-requestid"] == "req-1"
    assert orjson.loads(response.body) == {
        "TrainingJobName": "a",
        "CreationTime": 1700000000.0,
        "LastModifiedTime": 1700000000.5,
        "ResourceConfig": {"InstanceCount": 1},
        "FinalMetricDataList": [{"MetricName": "loss", "Value": "NaN"}],
    }


@pytest.mark.parametrize(
    "stored",
    [
        {"S3OutputPath": "s3://b/p"},
        {"S3OutputPath": "s3://b/p", "KmsKeyId": None},
        {"S3OutputPath": "s3://b/p", "_private": 1},
    ],
)
def test_a_structure_of_plain_values_is_narrowed_and_what_is_stored_stays_as_it_is(
    stored: dict[str, Any],
) -> None:
    before = dict(stored)

    response = codec.respond(DESCRIBE, {"OutputDataConfig": stored}, "req-1")

    assert orjson.loads(response.body) == {"OutputDataConfig": {"S3OutputPath": "s3://b/p"}}
    assert stored == before


def test_an_instant_inside_of_a_structure_may_be_a_datetime() -> None:
    began = datetime(2023, 11, 14, 22, 13, 20, 250_000, tzinfo=UTC)
    transition = {"Status": "Starting", "StartTime": began, "EndTime": 1700000001}

    response = codec.respond(DESCRIBE, {"SecondaryStatusTransitions": [transition]}, "req-1")

    assert orjson.loads(response.body)["SecondaryStatusTransitions"] == [
        {"Status": "Starting", "StartTime": 1700000000.25, "EndTime": 1700000001}
    ]


def test_an_operation_without_an_output_answers_with_no_body() -> None:
    operation = service_model("sagemaker").operation_model("StopTrainingJob")

    assert codec.respond(operation, {}, "req-1").body == b""


@pytest.mark.parametrize(
    ("error", "json", "query", "s3"),
    [
        (
            ValidationError("m"),
            ("ValidationException", 400),
            ("ValidationError", 400),
            ("InvalidArgument", 400),
        ),
        (
            SerializationError("m"),
            ("SerializationException", 400),
            ("MalformedInput", 400),
            ("MalformedXML", 400),
        ),
        (
            UnknownOperation("m"),
            ("UnknownOperationException", 400),
            ("InvalidAction", 400),
            ("NotImplemented", 501),
        ),
        (Denied("m"), ("AccessDeniedException", 400), ("AccessDenied", 403), ("AccessDenied", 403)),
        (PlatformError("m"), ("InternalFailure", 500), ("InternalFailure", 500), ("InternalError", 500)),
        (NotFound("m", code="NoSuchKey", http_status=404), *[("NoSuchKey", 404)] * 3),
        (
            Unauthenticated("m", code="MissingAuthenticationToken", http_status=403),
            ("MissingAuthenticationTokenException", 400),
            ("MissingAuthenticationToken", 403),
            ("AccessDenied", 403),
        ),
        (
            Unauthenticated("m", code="SignatureDoesNotMatch", http_status=403),
            ("InvalidSignatureException", 400),
            ("SignatureDoesNotMatch", 403),
            ("SignatureDoesNotMatch", 403),
        ),
        (
            Unauthenticated("m", code="RequestTimeTooSkewed", http_status=403),
            ("InvalidSignatureException", 400),
            ("SignatureDoesNotMatch", 403),
            ("RequestTimeTooSkewed", 403),
        ),
        (
            Unauthenticated("m", code="RequestExpired", http_status=403),
            ("InvalidSignatureException", 400),
            ("SignatureDoesNotMatch", 403),
            ("AccessDenied", 403),
        ),
    ],
    ids=lambda value: value.code if isinstance(value, PlatformError) else None,
)
def test_an_error_has_the_code_that_the_clients_of_its_service_know(
    error: PlatformError, json: tuple[str, int], query: tuple[str, int], s3: tuple[str, int]
) -> None:
    in_json = codec.respond_error("sagemaker", error, "r")
    in_query = codec.respond_error("iam", error, "r")
    in_s3 = codec.respond_error("s3", error, "r")

    assert (orjson.loads(in_json.body)["__type"], in_json.status) == json
    assert f"<Code>{query[0]}</Code>" in in_query.body.decode()
    assert in_query.status == query[1]
    assert f"<Code>{s3[0]}</Code>" in in_s3.body.decode()
    assert in_s3.status == s3[1]


def test_a_message_is_where_the_model_puts_it() -> None:
    of_model = codec.respond_error("sagemaker", NotFound("gone"), "r")
    common = codec.respond_error("sagemaker", ValidationError("bad"), "r")

    assert orjson.loads(of_model.body) == {"__type": "ResourceNotFound", "Message": "gone"}
    assert orjson.loads(common.body) == {"__type": "ValidationException", "message": "bad"}


def test_an_error_of_a_service_that_is_not_served_has_the_json_form() -> None:
    response = codec.respond_error("ec2", UnknownOperation("not served"), "r")

    assert orjson.loads(response.body)["__type"] == "UnknownOperationException"


def test_further_members_of_an_error_go_out() -> None:
    error = PlatformError(
        "m", code="AuthorizationHeaderMalformed", http_status=400, members={"Region": "eu-west-1"}
    )

    assert b"<Region>eu-west-1</Region>" in codec.respond_error("s3", error, "r").body
    assert orjson.loads(codec.respond_error("logs", error, "r").body)["Region"] == "eu-west-1"


def test_an_error_that_is_not_modified_has_no_body() -> None:
    assert codec.respond_error("s3", PlatformError("m", code="NotModified", http_status=304), "r").body == b""
