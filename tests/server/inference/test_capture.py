"""Data capture: what is in S3 after requests."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from tests.server.inference.model_servers import Asked, Said
from tests.server.inference.runtime import Runtime, containers, endpoint, variant, wait_for

from clary.server.inference import capture

BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
TYPES = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def config(**members: Any) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://seen/data/",
        "CaptureOptions": BOTH,
        "CaptureContentTypeHeader": TYPES,
        **members,
    }


def predict(asked: Asked) -> Said:
    return Said(b'{"p": 0.5}', headers={"Content-Type": "application/json; charset=utf-8"})


def role_that_may(runtime: Runtime, *actions: str) -> str:
    """A new execution role with rights on the bucket ``seen``."""
    iam = runtime.client(service="iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = iam.create_role(
        RoleName="serving",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )["Role"]["Arn"]
    if actions:
        allow = {"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::seen/*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        iam.put_role_policy(RoleName="serving", PolicyName="p", PolicyDocument=document)
    return str(role)


def captured(runtime: Runtime) -> dict[str, list[dict[str, Any]]]:
    """Key to its lines, of everything that has been captured."""
    runtime.gateway.runtime.capture.write()
    s3 = runtime.client(service="s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="seen").get("Contents", ())]
    texts = {key: s3.get_object(Bucket="seen", Key=key)["Body"].read().decode() for key in keys}
    return {key: [json.loads(line) for line in text.splitlines()] for key, text in texts.items()}


def serve(runtime: Runtime, *, may: tuple[str, ...] = ("s3:PutObject",), **members: Any) -> dict[str, Any]:
    """An endpoint with data capture, and the bucket that it writes to."""
    runtime.client(service="s3").create_bucket(Bucket="seen")
    role = role_that_may(runtime, *may)
    record = endpoint("iris", variant(RoleArn=role), DataCaptureConfig=config(**members))
    runtime.add(record)
    return record


def ask(runtime: Runtime, body: bytes = b"5.1,3.5", **members: Any) -> bytes:
    members.setdefault("ContentType", "text/csv")
    answer = runtime.client().invoke_endpoint(EndpointName="iris", Body=body, **members)
    return bytes(answer["Body"].read())


def test_a_request_and_its_answer_are_one_line(runtime: Runtime) -> None:
    record = serve(runtime)
    with containers(record, predict):
        ask(runtime, CustomAttributes="trace=7", InferenceId="one")

    ((key, (line,)),) = captured(runtime).items()
    assert re.fullmatch(
        r"data/iris/AllTraffic/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", key
    )
    metadata = line["eventMetadata"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metadata.pop("inferenceTime"))
    assert re.fullmatch(r"[0-9a-f-]{36}", metadata.pop("eventId"))
    assert line == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "5.1,3.5",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "application/json; charset=utf-8",
                "mode": "OUTPUT",
                "data": '{"p": 0.5}',
                "encoding": "JSON",
            },
        },
        "eventMetadata": {"customAttributes": ["trace=7"], "inferenceId": "one"},
        "eventVersion": "0",
    }


def test_a_shadow_is_captured_beside_the_variant_whose_requests_it_gets(runtime: Runtime) -> None:
    record = serve(runtime)
    role = record["_Generations"][0]["Variants"][0]["RoleArn"]
    shadow = variant("Shadow", RoleArn=role)
    record = endpoint("iris", variant(RoleArn=role), ShadowVariants=[shadow], DataCaptureConfig=config())
    runtime.platform.records.update("endpoint", "iris", record)

    with containers(record, predict, lambda asked: Said(b"0.9", headers={"Content-Type": "text/csv"})):
        ask(runtime, InferenceId="one")
        wait_for(lambda: not runtime.gateway.runtime.in_flight.of_generation("iris", 1))

    lines = {key.split("/")[2]: line for key, (line,) in captured(runtime).items()}
    assert {name: line["captureData"]["endpointOutput"]["data"] for name, line in lines.items()} == {
        "AllTraffic": '{"p": 0.5}',
        "Shadow": "0.9",
    }
    assert {line["captureData"]["endpointInput"]["data"] for line in lines.values()} == {"5.1,3.5"}
    assert {line["eventMetadata"]["inferenceId"] for line in lines.values()} == {"one"}


def test_requests_share_an_object(runtime: Runtime) -> None:
    record = serve(runtime)
    with containers(record, predict):
        for _ in range(5):
            ask(runtime)

    assert sum(map(len, captured(runtime).values())) == 5
    assert len(captured(runtime)) == 1


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"\x93NUMPY", "application/x-npy"), (b"\xff\xfe", "text/csv")]
)
def test_what_is_no_text_is_in_base64(runtime: Runtime, body: bytes, content_type: str) -> None:
    record = serve(runtime)
    with containers(record, predict):
        ask(runtime, body, ContentType=content_type)

    ((line,),) = captured(runtime).values()
    seen = line["captureData"]["endpointInput"]
    assert (seen["encoding"], base64.b64decode(seen["data"])) == ("BASE64", body)


def test_only_one_side_is_captured(runtime: Runtime) -> None:
    record = serve(runtime, CaptureOptions=[{"CaptureMode": "Output"}])
    with containers(record, predict):
        ask(runtime)

    ((line,),) = captured(runtime).values()
    assert set(line["captureData"]) == {"endpointOutput"}


@pytest.mark.parametrize(
    "members", [{"EnableCapture": False}, {"InitialSamplingPercentage": 0}], ids=["off", "none"]
)
def test_nothing_is_captured(runtime: Runtime, members: dict[str, Any]) -> None:
    record = serve(runtime, **members)
    with containers(record, predict):
        ask(runtime)

    assert captured(runtime) == {}


def test_an_answer_in_pieces_and_a_stream_are_captured_whole(runtime: Runtime) -> None:
    record = serve(runtime)
    pieces = [b"%07d," % number * 10_000 for number in range(10)]

    with containers(record, lambda asked: Said(iter(pieces), headers={"Content-Type": "text/csv"})):
        assert ask(runtime) == b"".join(pieces)
        stream = runtime.client().invoke_endpoint_with_response_stream(EndpointName="iris", Body=b"x")
        assert b"".join(event["PayloadPart"]["Bytes"] for event in stream["Body"]) == b"".join(pieces)

    lines = [line for found in captured(runtime).values() for line in found]
    seen = [line["captureData"]["endpointOutput"]["data"] for line in lines]
    assert seen == [b"".join(pieces).decode()] * 2


def test_a_role_that_may_not_write_is_told_in_the_log(runtime: Runtime) -> None:
    record = serve(runtime, may=())
    runtime.platform.logs.create_group("/aws/sagemaker/Endpoints/iris", runtime.platform.now())
    with containers(record, predict):
        assert ask(runtime) == b'{"p": 0.5}'

    assert captured(runtime) == {}
    logs = runtime.client(service="logs")
    events = logs.get_log_events(
        logGroupName="/aws/sagemaker/Endpoints/iris", logStreamName="AllTraffic/data-log"
    )["events"]
    assert "may not do s3:PutObject on arn:aws:s3:::seen/data/iris/AllTraffic/" in events[0]["message"]


def test_what_is_too_much_is_left_out_and_said(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "WAITING_BYTES", 100)
    record = serve(runtime)
    runtime.platform.logs.create_group("/aws/sagemaker/Endpoints/iris", runtime.platform.now())
    with containers(record, predict):
        ask(runtime, b"x" * 50)
        ask(runtime, b"x" * 50)

    assert sum(map(len, captured(runtime).values())) == 1
    logs = runtime.client(service="logs")
    events = logs.get_log_events(
        logGroupName="/aws/sagemaker/Endpoints/iris", logStreamName="AllTraffic/data-log"
    )["events"]
    assert "left out 1 requests" in events[0]["message"]
