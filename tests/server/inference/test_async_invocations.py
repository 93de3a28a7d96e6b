"""InvokeEndpointAsync: requests that are answered in S3."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.server.conftest import ANSWER_S
from tests.server.inference.model_servers import Asked, Said
from tests.server.inference.runtime import Runtime, containers, endpoint, running, variant, wait_for
from tests.server.inference.test_capture import role_that_may

from clary.server.inference.async_request import RECORD_KIND
from clary.store.records import Records

OUTPUT = {"S3OutputPath": "s3://seen/out/", "S3FailurePath": "s3://seen/failed"}


def echo(asked: Asked) -> Said:
    return Said(b"answer to " + asked.body, headers={"Content-Type": "text/csv"})


def serve(
    runtime: Runtime, *, may: tuple[str, ...] = ("s3:GetObject", "s3:PutObject"), **config: Any
) -> dict[str, Any]:
    """An asynchronous endpoint, and a bucket with an input."""
    s3 = runtime.client(service="s3")
    s3.create_bucket(Bucket="seen")
    s3.put_object(Bucket="seen", Key="in/one", Body=b"5.1,3.5")
    record = endpoint(
        "iris",
        variant(RoleArn=role_that_may(runtime, *may)),
        AsyncInferenceConfig={"OutputConfig": OUTPUT, **config},
    )
    runtime.add(record)
    return record


def ask(runtime: Runtime, **members: Any) -> dict[str, Any]:
    if "Body" not in members:
        members.setdefault("InputLocation", "s3://seen/in/one")
    answer: dict[str, Any] = runtime.client().invoke_endpoint_async(EndpointName="iris", **members)
    return answer


def content(runtime: Runtime, uri: str) -> tuple[bytes, str]:
    """The object at an address, once it is there, and its type."""
    s3, key = runtime.client(service="s3"), uri.removeprefix("s3://seen/")

    def get() -> Any:
        try:
            return s3.get_object(Bucket="seen", Key=key)
        except s3.exceptions.NoSuchKey:
            return None

    found = wait_for(get)
    return found["Body"].read(), found["ContentType"]


def nothing_waits(runtime: Runtime) -> bool:
    return not runtime.platform.records.names(RECORD_KIND)


def test_the_answer_is_at_the_output_location(runtime: Runtime) -> None:
    record = serve(runtime)
    with containers(record, echo) as (model,):
        asked = ask(runtime, ContentType="text/plain", Accept="text/csv", InferenceId="one")

        assert content(runtime, asked["OutputLocation"]) == (b"answer to 5.1,3.5", "text/csv")

    assert asked["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert asked["InferenceId"] == "one"
    assert asked["OutputLocation"].startswith("s3://seen/out/")
    assert asked["FailureLocation"].startswith("s3://seen/failed/")
    headers = model.asked[0].headers
    assert (headers["content-type"], headers["accept"]) == ("text/plain", "text/csv")
    wait_for(lambda: nothing_waits(runtime))


def test_the_type_of_the_input_is_that_of_its_object_where_the_request_says_none(runtime: Runtime) -> None:
    record = serve(runtime)
    runtime.client(service="s3").put_object(
        Bucket="seen", Key="in/typed", Body=b"{}", ContentType="application/json"
    )
    with containers(record, echo) as (model,):
        content(runtime, ask(runtime, InputLocation="s3://seen/in/typed")["OutputLocation"])

    assert model.asked[0].headers["content-type"] == "application/json"


def test_the_input_may_come_with_the_request_and_the_output_have_a_name(runtime: Runtime) -> None:
    record = serve(runtime)
    with containers(record, echo):
        asked = ask(runtime, Body=b"inline", S3OutputPathExtension="runs/7", Filename="p.csv")

        assert asked["OutputLocation"] == "s3://seen/out/runs/7/p.csv"
        assert content(runtime, asked["OutputLocation"])[0] == b"answer to inline"


def test_an_input_larger_than_memory_would_like_passes_through(runtime: Runtime) -> None:
    record = serve(runtime)
    body = bytes(range(256)) * (40 << 12)
    runtime.client(service="s3").put_object(Bucket="seen", Key="in/large", Body=body)

    with containers(record, lambda asked: Said(asked.body)):
        asked = ask(runtime, InputLocation="s3://seen/in/large")

        assert content(runtime, asked["OutputLocation"])[0] == body


def failure_of(runtime: Runtime, asked: dict[str, Any]) -> str:
    body, content_type = content(runtime, asked["FailureLocation"])
    assert content_type == "application/json"
    return str(json.loads(body))


def test_the_failure_of_a_model_is_at_the_failure_location(runtime: Runtime) -> None:
    record = serve(runtime)
    with containers(record, lambda asked: Said(b"no such column", 400)):
        assert failure_of(runtime, ask(runtime)) == "no such column"


def test_a_model_that_takes_too_long(runtime: Runtime) -> None:
    record = serve(runtime)
    ended = threading.Event()

    def slow(asked: Asked) -> Said:
        ended.wait(ANSWER_S)
        return Said(b"")

    with containers(record, slow):
        told = failure_of(runtime, ask(runtime, InvocationTimeoutSeconds=1))
        ended.set()

    assert "timed out" in told


@pytest.mark.parametrize(
    ("may", "location", "told"),
    [
        (("s3:PutObject",), "s3://seen/in/one", "may not do s3:GetObject"),
        (("s3:*",), "s3://seen/in/none", "there is no object s3://seen/in/none"),
    ],
)
def test_an_input_that_can_t_be_read(
    runtime: Runtime, may: tuple[str, ...], location: str, told: str
) -> None:
    record = serve(runtime, may=may)
    with containers(record, echo) as (model,):
        assert told in failure_of(runtime, ask(runtime, InputLocation=location))

    assert model.asked == []


def test_a_failure_that_can_t_be_written_is_in_the_log(runtime: Runtime) -> None:
    record = serve(runtime, may=("s3:GetObject",))
    runtime.platform.logs.create_group("/aws/sagemaker/Endpoints/iris", runtime.platform.now())
    with containers(record, echo):
        ask(runtime)
        wait_for(lambda: nothing_waits(runtime))

    events = runtime.client(service="logs").get_log_events(
        logGroupName="/aws/sagemaker/Endpoints/iris", logStreamName="AllTraffic/data-log"
    )["events"]
    assert "may not do s3:PutObject" in events[0]["message"]


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"Body": b"x", "InputLocation": "s3://seen/in/one"}, "only one of them"),
        ({"Body": b""}, "only one of them"),
        ({"InputLocation": "https://somewhere/x"}, "has to begin with s3://"),
        ({"Body": bytes(128_001)}, "128000"),
    ],
)
def test_what_can_t_be_asked_is_refused(runtime: Runtime, members: dict[str, Any], told: str) -> None:
    serve(runtime)

    with pytest.raises(ClientError, match=told) as refused:
        ask(runtime, **members)

    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert nothing_waits(runtime)


def test_each_kind_of_endpoint_has_its_operation(runtime: Runtime) -> None:
    serve(runtime)
    runtime.add(endpoint("other"))
    client = runtime.client()

    with pytest.raises(ClientError, match="use InvokeEndpointAsync"):
        client.invoke_endpoint(EndpointName="iris", Body=b"x")
    with pytest.raises(ClientError, match="use InvokeEndpoint"):
        client.invoke_endpoint_async(EndpointName="other", InputLocation="s3://seen/in/one")
    with pytest.raises(ClientError, match="not found"):
        client.invoke_endpoint_async(EndpointName="none", InputLocation="s3://seen/in/one")


def test_no_more_at_a_time_than_the_endpoint_takes(runtime: Runtime) -> None:
    record = serve(runtime, ClientConfig={"MaxConcurrentInvocationsPerInstance": 2})
    lock = threading.Lock()
    now, most = 0, 0
    go_on = threading.Event()

    def counted(asked: Asked) -> Said:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        assert go_on.wait(ANSWER_S)
        with lock:
            now -= 1
        return Said(b"")

    with containers(record, counted) as (model,):
        for _ in range(6):
            ask(runtime)
        wait_for(lambda: len(model.asked) == 2)
        go_on.set()
        wait_for(lambda: nothing_waits(runtime))

    assert (most, len(model.asked)) == (2, 6)


def test_the_next_server_goes_on_with_what_was_not_answered(tmp_path: Path) -> None:
    go_on = threading.Event()

    def slow(asked: Asked) -> Said:
        go_on.wait(ANSWER_S)
        return Said(b"late")

    with running(tmp_path / "home") as runtime:
        record = serve(runtime, ClientConfig={"MaxConcurrentInvocationsPerInstance": 1})
        with containers(record, slow) as (model,):
            begun = ask(runtime)
            waiting = ask(runtime)
            wait_for(lambda: len(model.asked) == 1)
    go_on.set()

    with containers(record, echo), running(tmp_path / "home") as runtime:
        for asked in (begun, waiting):
            assert content(runtime, asked["OutputLocation"])[0] == b"answer to 5.1,3.5"
        wait_for(lambda: nothing_waits(runtime))


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_is_stored_with_the_end_of_its_request_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def versions(runtime: Runtime) -> list[str]:
        listed = runtime.client(service="s3").list_object_versions(Bucket="seen")
        return [each["Key"] for each in listed["Versions"] if not each["Key"].startswith("in/")]

    def respond(asked: Asked) -> Said:
        return Said(b"x", status)

    killed = threading.Event()

    def no_delete(records: Records, kind: str, name: str) -> None:
        killed.set()
        raise RuntimeError("the server was killed here")

    with monkeypatch.context() as patched, running(tmp_path / "home") as runtime:
        record = serve(runtime)
        runtime.client(service="s3").put_bucket_versioning(
            Bucket="seen", VersioningConfiguration={"Status": "Enabled"}
        )
        patched.setattr(Records, "delete", no_delete)
        with containers(record, respond):
            asked = ask(runtime)
            assert killed.wait(ANSWER_S)
            assert versions(runtime) == []

    with containers(record, respond), running(tmp_path / "home") as runtime:
        wait_for(lambda: nothing_waits(runtime))
        place = asked["OutputLocation" if status == 200 else "FailureLocation"]
        assert [f"s3://seen/{key}" for key in versions(runtime)] == [place]


@pytest.mark.parametrize("status", [200, 400])
def test_a_request_that_another_server_has_answered_meanwhile_gets_no_second_answer(
    runtime: Runtime, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    record = serve(runtime, ClientConfig={"MaxConcurrentInvocationsPerInstance": 1})
    records = runtime.platform.records
    first: list[str] = []

    def respond(asked: Asked) -> Said:
        if asked.body == b"second":
            return Said(b"right")
        records.delete(RECORD_KIND, first[0])
        return Said(b"late", status)

    with containers(record, respond):
        runtime.platform.records.on_change(
            lambda kind, name: first.append(name) if kind == RECORD_KIND else None
        )
        ask(runtime, Body=b"first")
        after = ask(runtime, Body=b"second")
        # One at a time: the first one is over.
        assert content(runtime, after["OutputLocation"])[0] == b"right"

    listed = runtime.client(service="s3").list_objects_v2(Bucket="seen")["Contents"]
    assert {f"s3://seen/{each['Key']}" for each in listed} == {"s3://seen/in/one", after["OutputLocation"]}
    assert "could not be ended" not in caplog.text


def test_a_request_waits_for_a_host_on_its_way_back(runtime: Runtime) -> None:
    record = serve(runtime)
    asked = ask(runtime)
    wait_for(lambda: runtime.gateway.runtime.table.knows("iris"))

    with containers(record, echo):
        assert content(runtime, asked["OutputLocation"])[0] == b"answer to 5.1,3.5"


def test_a_request_that_waits_too_long_for_an_instance_fails(tmp_path: Path) -> None:
    with running(tmp_path / "home") as runtime:
        serve(runtime)
        runtime.platform.records.update("endpoint", "iris", {"_Hosts": {}})
        asked = ask(runtime)
        wait_for(lambda: not nothing_waits(runtime))
        (name,) = runtime.platform.records.names(RECORD_KIND)
        runtime.platform.records.update(RECORD_KIND, name, {"ExpiresAt": 1.0})

    with running(tmp_path / "home") as runtime:
        assert "longer than its RequestTTLSeconds" in failure_of(runtime, asked)


def test_requests_of_an_endpoint_that_is_gone_are_dropped(runtime: Runtime) -> None:
    serve(runtime)
    ask(runtime)

    runtime.platform.records.delete("endpoint", "iris")

    wait_for(lambda: nothing_waits(runtime))
