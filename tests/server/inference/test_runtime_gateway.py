"""InvokeEndpoint as boto3 asks it, of models that are real HTTP servers."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, EventStreamError, ResponseStreamingError
from tests.server.conftest import ANSWER_S
from tests.server.inference.model_servers import Asked, Said, read_request
from tests.server.inference.runtime import Runtime, containers, endpoint, running, serving, variant

from clary.kinds.endpoint import KIND
from clary.kinds.endpoint.routes import routes_of


def echo(asked: Asked) -> Said:
    return Said(asked.body, headers={"Content-Type": asked.headers.get("content-type", "none")})


def invoke(client: Any, **request: Any) -> dict[str, Any]:
    """What InvokeEndpoint answers, with the bytes of its body."""
    answer: dict[str, Any] = client.invoke_endpoint(**request)
    return {**answer, "Body": answer["Body"].read()}


def failure(call: Any) -> dict[str, Any]:
    """The error of a call, as botocore parses it."""
    with pytest.raises(ClientError) as failed:
        call()
    found: dict[str, Any] = failed.value.response
    return found


def test_a_model_answers(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    def predict(asked: Asked) -> Said:
        headers = {"Content-Type": "text/csv", "X-Amzn-SageMaker-Custom-Attributes": "seen=1"}
        return Said(b"0.5", headers=headers)

    with containers(record, predict) as (model,):
        answer = invoke(
            runtime.client(),
            EndpointName="iris",
            Body=b"5.1,3.5",
            ContentType="text/csv",
            Accept="text/csv",
            CustomAttributes="trace=7",
            InferenceId="one",
        )

    assert answer["Body"] == b"0.5"
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/csv", "AllTraffic")
    assert answer["CustomAttributes"] == "seen=1"
    (asked,) = model.asked
    assert (asked.path, asked.body) == ("/invocations", b"5.1,3.5")
    given = ("content-type", "accept", "x-amzn-sagemaker-custom-attributes", "x-amzn-sagemaker-inference-id")
    assert [asked.headers[name] for name in given] == ["text/csv", "text/csv", "trace=7", "one"]


def test_a_container_gets_nothing_of_the_caller_s_signature(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    with containers(record, echo) as (model,):
        invoke(runtime.client(), EndpointName="iris", Body=b"x")

    assert set(model.asked[0].headers) <= {"host", "content-length", "content-type", "accept"}


def test_requests_share_connections(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)
    client = runtime.client()

    with containers(record, echo) as (model,):
        for _ in range(20):
            invoke(client, EndpointName="iris", Body=b"x")

    assert model.connections == 1


@pytest.mark.parametrize("size", [0, 1, 100_000, 6_000_000])
def test_a_body_of_any_size_arrives_and_comes_back(runtime: Runtime, size: int) -> None:
    record = endpoint("iris")
    runtime.add(record)
    body = bytes(range(256)) * (size // 256 + 1)

    with containers(record, echo):
        answer = invoke(runtime.client(), EndpointName="iris", Body=body[:size])

        assert answer["Body"] == body[:size]


@pytest.mark.parametrize(
    ("status", "whose"), [(400, "client"), (418, "client"), (500, "server"), (302, "server")]
)
def test_an_error_of_the_model_is_a_model_error(runtime: Runtime, status: int, whose: str) -> None:
    record = endpoint("iris")
    runtime.add(record)

    with containers(record, lambda asked: Said(b'shape is "wrong"', status)):
        error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))

    assert error["Error"]["Code"] == "ModelError"
    assert error["Error"]["Message"] == (
        f'Received {whose} error ({status}) from primary with message "shape is "wrong"". See '
        "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:"
        "group=/aws/sagemaker/Endpoints/iris in account 111122223333 for more information."
    )
    assert error["OriginalStatusCode"] == status
    assert error["OriginalMessage"] == 'shape is "wrong"'
    assert (
        error["LogStreamArn"] == "arn:aws:logs:us-east-1:111122223333:log-group:/aws/sagemaker/Endpoints/iris"
    )
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424


def test_a_long_error_of_the_model_is_shortened(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    with containers(record, lambda asked: Said(b"x" * 1_000_000, 500)):
        error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))

    assert len(error["Error"]["Message"]) == 2048
    assert error["OriginalMessage"] == "x" * 16_384


def test_an_endpoint_that_is_not_there(runtime: Runtime) -> None:
    error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))

    assert error["Error"] == {
        "Code": "ValidationError",
        "Message": "Endpoint iris of account 111122223333 not found.",
    }
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_endpoint_that_is_not_yet_there(runtime: Runtime) -> None:
    record = endpoint("iris", status="Creating")
    record["_Generations"][0]["State"] = "starting"
    runtime.add(record)

    error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))

    assert error["Error"]["Code"] == "ValidationError"
    assert "is Creating, not InService: wait" in error["Error"]["Message"]


def test_parameters_are_checked_before_a_model_is_asked(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    with containers(record, echo) as (model,):
        error = failure(
            lambda: invoke(
                runtime.client(parameter_validation=False),
                EndpointName="iris",
                Body=b"x",
                TargetVariant="not a name",
            )
        )

    assert error["Error"]["Code"] == "ValidationError"
    assert "targetVariant" in error["Error"]["Message"]
    assert model.asked == []


def test_who_may_not_invoke_reaches_no_model(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)
    keys = user_who_may(runtime, "sagemaker:InvokeEndpoint", "arn:aws:sagemaker:*:*:endpoint/other")

    with containers(record, echo) as (model,):
        error = failure(lambda: invoke(runtime.client(keys), EndpointName="iris", Body=b"x"))

    assert error["Error"]["Code"] == "AccessDeniedException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "sagemaker:InvokeEndpoint" in error["Error"]["Message"]
    assert model.asked == []


def test_who_may_invoke_one_endpoint_does(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)
    keys = user_who_may(runtime, "sagemaker:InvokeEndpoint", record["EndpointArn"])

    with containers(record, echo):
        answer = invoke(runtime.client(keys), EndpointName="iris", Body=b"x")

    assert answer["Body"] == b"x"


def test_a_body_that_was_not_signed_reaches_no_model(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)
    path = "/endpoints/iris/invocations"

    with containers(record, echo) as (model,), contextlib.closing(runtime.connect()) as connection:
        headers = runtime.signed(b"signed", "sagemaker", {"Content-Type": "text/csv"}, path=path)
        connection.request("POST", path, b"forged", headers)
        answer = connection.getresponse()
        code = answer.headers["x-amzn-errortype"]

    assert (answer.status, code) == (400, "InvalidSignatureException")
    assert model.asked == []


def test_a_body_over_the_limit_is_refused(tmp_path: Path) -> None:
    record = endpoint("iris")
    with running(tmp_path / "home", invoke_mb=1) as runtime, containers(record, echo) as (model,):
        runtime.add(record)
        error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=bytes((1 << 20) + 1)))
        answer = invoke(runtime.client(), EndpointName="iris", Body=bytes(1 << 20))

        assert len(answer["Body"]) == 1 << 20
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert len(model.asked) == 1


def test_an_answer_over_the_limit_is_a_model_error(tmp_path: Path) -> None:
    record = endpoint("iris")
    large = bytes((1 << 20) + 1)
    with running(tmp_path / "home", invoke_mb=1) as runtime, containers(record, lambda asked: Said(large)):
        runtime.add(record)
        error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))

    assert error["Error"]["Code"] == "ModelError"
    assert "CLARY_INVOKE_MB" in error["OriginalMessage"]


def test_a_large_answer_without_a_length_comes_in_pieces(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    with containers(record, lambda asked: Said(iter([bytes(100_000)] * 30))):
        answer = invoke(runtime.client(), EndpointName="iris", Body=b"x")

        assert answer["Body"] == bytes(3_000_000)
        assert in_flight(runtime, "iris") == 0


def test_a_large_answer_that_breaks_off_is_no_answer(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + bytes(1_000_000))

    with raw_container(record, script), pytest.raises(ResponseStreamingError):
        invoke(runtime.client(), EndpointName="iris", Body=b"x")


def test_a_small_answer_that_breaks_off_is_a_model_error(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nhalf")

    with raw_container(record, script):
        error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))

    assert error["Error"]["Code"] == "ModelError"
    assert error["OriginalStatusCode"] == 0
    assert "closed the connection" in error["OriginalMessage"]
    assert in_flight(runtime, "iris") == 0


def test_a_model_that_takes_too_long(tmp_path: Path) -> None:
    record = endpoint("iris")
    ended = threading.Event()

    def slow(asked: Asked) -> Said:
        ended.wait(ANSWER_S)
        return Said(b"late")

    with running(tmp_path / "home", invoke_timeout_s=0.2) as runtime, containers(record, slow):
        runtime.add(record)
        error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))
        ended.set()

        assert in_flight(runtime, "iris") == 0
    assert error["Error"]["Code"] == "ModelError"
    assert error["OriginalStatusCode"] == 0
    assert error["OriginalMessage"].startswith("Your invocation timed out while waiting for a response")


def test_a_host_on_its_way_back_is_waited_for(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))
        # The request is looking for its host, which is not there yet.
        wait_until(lambda: runtime.gateway.runtime.table.knows("iris"))
        with containers(record, echo):
            assert asked.result(ANSWER_S)["Body"] == b"x"


def test_a_host_that_does_not_come_back_is_said_to_be_unavailable(runtime: Runtime) -> None:
    runtime.add(endpoint("iris"))

    error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))

    assert error["Error"]["Code"] == "ServiceUnavailable"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_a_request_goes_round_a_host_that_is_gone(runtime: Runtime) -> None:
    record = endpoint("iris", variant(InstanceCount=2))
    runtime.add(record)
    client = runtime.client()
    (first, second) = routes_of(record).variants[0].instances
    alone = {**record, "_Hosts": {f"{second.name}-c1": "handle"}}

    assert first.addresses != second.addresses
    with containers(alone, echo) as (model,):
        for _ in range(10):
            assert invoke(client, EndpointName="iris", Body=b"x")["Body"] == b"x"

    assert len(model.asked) == 10


def test_the_containers_of_a_pipeline_pass_the_data_on(runtime: Runtime) -> None:
    record = endpoint("iris", variant(Containers=[{"Image": "a"}, {"Image": "b"}]))
    runtime.add(record)

    def scale(asked: Asked) -> Said:
        return Said(b"scaled:" + asked.body, headers={"Content-Type": "application/x-npy"})

    with containers(record, scale, echo) as (first, second):
        answer = invoke(
            runtime.client(),
            EndpointName="iris",
            Body=b"5",
            ContentType="text/csv",
            Accept="application/json",
        )

    assert (answer["Body"], answer["ContentType"]) == (b"scaled:5", "application/x-npy")
    assert [first.asked[0].headers[name] for name in ("content-type",)] == ["text/csv"]
    assert "accept" not in first.asked[0].headers
    assert second.asked[0].headers["content-type"] == "application/x-npy"
    assert second.asked[0].headers["accept"] == "application/json"


def test_an_error_within_a_pipeline_names_the_container(runtime: Runtime) -> None:
    first = {"Image": "a", "ContainerHostname": "scaler"}
    record = endpoint("iris", variant(Containers=[first, {"Image": "b"}]))
    runtime.add(record)

    with containers(record, lambda asked: Said(b"no numbers", 422), echo) as (_, second):
        error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))

    assert 'Received client error (422) from scaler with message "no numbers"' in error["Error"]["Message"]
    assert second.asked == []


def test_a_request_names_one_of_several_containers(runtime: Runtime) -> None:
    named = [{"Image": "a", "ContainerHostname": "first"}, {"Image": "b", "ContainerHostname": "second"}]
    runtime.add(direct := endpoint("iris", variant(Containers=named, Direct=True)))
    runtime.add(endpoint("serial", variant(Containers=named)))
    client = runtime.client()

    with containers(direct, echo) as (first, second):
        invoke(client, EndpointName="iris", Body=b"x", TargetContainerHostname="second")
        for target in ({}, {"TargetContainerHostname": "third"}):
            error = failure(lambda target=target: invoke(client, EndpointName="iris", Body=b"x", **target))
            assert "of endpoint iris: first, second" in error["Error"]["Message"]
        error = failure(
            lambda: invoke(client, EndpointName="serial", Body=b"x", TargetContainerHostname="first")
        )

    assert (len(first.asked), len(second.asked)) == (0, 1)
    assert "mode Direct" in error["Error"]["Message"]


def test_variants_get_requests_by_their_weights(runtime: Runtime) -> None:
    record = endpoint("iris", variant("a", Weight=3.0), variant("b", Weight=1.0), variant("c", Weight=0.0))
    runtime.add(record)
    client = runtime.client()

    with containers(record, echo):
        counts = Counter(
            invoke(client, EndpointName="iris", Body=b"x")["InvokedProductionVariant"] for _ in range(200)
        )
        named = invoke(client, EndpointName="iris", Body=b"x", TargetVariant="c")

    assert set(counts) == {"a", "b"}
    # A share of 75 % of 200 is outside of these bounds once in 10^10 runs.
    assert 100 <= counts["a"] <= 190
    assert named["InvokedProductionVariant"] == "c"


def test_a_model_of_several_is_named_in_the_path(runtime: Runtime) -> None:
    record = endpoint("iris", variant(Mode="MultiModel"))
    runtime.add(record)

    with containers(record, echo) as (model,):
        invoke(runtime.client(), EndpointName="iris", Body=b"x", TargetModel="a b/../c.tar.gz")
        error = failure(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x"))

    assert model.asked[0].path == "/models/a%20b%2F..%2Fc.tar.gz/invoke"
    assert model.asked[0].headers["x-amzn-sagemaker-target-model"] == "a b/../c.tar.gz"
    assert "TargetModel" in error["Error"]["Message"]


def test_the_policy_may_name_the_model(runtime: Runtime) -> None:
    record = endpoint("iris", variant(Mode="MultiModel"))
    runtime.add(record)
    keys = user_who_may(
        runtime,
        "sagemaker:InvokeEndpoint",
        record["EndpointArn"],
        {"StringLike": {"sagemaker:TargetModel": ["mine/*"]}},
    )
    client = runtime.client(keys)

    with containers(record, echo) as (model,):
        invoke(client, EndpointName="iris", Body=b"x", TargetModel="mine/a")
        error = failure(lambda: invoke(client, EndpointName="iris", Body=b"x", TargetModel="theirs/a"))

    assert error["Error"]["Code"] == "AccessDeniedException"
    assert len(model.asked) == 1


def test_a_session_stays_with_its_instance(runtime: Runtime) -> None:
    record = endpoint("iris", variant(InstanceCount=3))
    runtime.add(record)
    client = runtime.client()

    def chat(asked: Asked) -> Said:
        given = asked.headers.get("x-amzn-sagemaker-session-id", "")
        if given == "NEW_SESSION":
            header = {"X-Amzn-SageMaker-New-Session-Id": "s1; Expires=2030-01-01T00:00:00Z"}
            return Said(b"", headers=header)
        return Said(
            b"", headers={"X-Amzn-SageMaker-Closed-Session-Id": given} if asked.body == b"end" else {}
        )

    with containers(record, chat) as models:
        begun = invoke(client, EndpointName="iris", Body=b"x", SessionId="NEW_SESSION")
        for _ in range(5):
            invoke(client, EndpointName="iris", Body=b"x", SessionId="s1")
        ended = invoke(client, EndpointName="iris", Body=b"end", SessionId="s1")
        error = failure(lambda: invoke(client, EndpointName="iris", Body=b"x", SessionId="s1"))

    assert begun["NewSessionId"] == "s1; Expires=2030-01-01T00:00:00Z"
    assert ended["ClosedSessionId"] == "s1"
    assert sorted(len(model.asked) for model in models) == [0, 0, 7]
    assert "Session s1 is not known" in error["Error"]["Message"]


def test_a_change_of_the_record_changes_the_way_at_once(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)
    client = runtime.client()
    old = record["_Generations"][0]
    two = serving({**record, "_Generations": [{**old, "State": "draining"}, {**old, "Id": 2}]})

    with containers(record, echo) as (before,), containers(two, echo) as (after,):
        invoke(client, EndpointName="iris", Body=b"x")
        runtime.platform.records.update(KIND.record_kind, "iris", two)
        invoke(client, EndpointName="iris", Body=b"x")
        runtime.platform.records.delete(KIND.record_kind, "iris")
        error = failure(lambda: invoke(client, EndpointName="iris", Body=b"x"))

    assert (len(before.asked), len(after.asked)) == (1, 1)
    assert "not found" in error["Error"]["Message"]


def test_requests_on_their_way_are_counted(runtime: Runtime) -> None:
    record = endpoint("iris", variant(InstanceCount=2))
    runtime.add(record)
    go_on = threading.Event()

    def waiting(asked: Asked) -> Said:
        go_on.wait(ANSWER_S)
        return Said(b"done")

    with containers(record, waiting) as models, ThreadPoolExecutor(6) as pool:
        calls = [
            pool.submit(lambda: invoke(runtime.client(), EndpointName="iris", Body=b"x")) for _ in range(6)
        ]
        wait_until(lambda: sum(len(model.asked) for model in models) == 6)
        # Each goes where the fewest are.
        assert [len(model.asked) for model in models] == [3, 3]
        assert in_flight(runtime, "iris") == 6
        go_on.set()
        assert [call.result(ANSWER_S)["Body"] for call in calls] == [b"done"] * 6

    wait_until(lambda: in_flight(runtime, "iris") == 0)


def test_a_client_that_goes_away_leaves_nothing_behind(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)
    path = "/endpoints/iris/invocations-response-stream"

    def endless(asked: Asked) -> Said:
        return Said(iter(lambda: b"word " * 1000, None))

    with containers(record, endless):
        connection = runtime.connect()
        connection.request("POST", path, b"x", runtime.signed(b"x", "sagemaker", {}, path=path))
        assert connection.getresponse().read(10)
        assert in_flight(runtime, "iris") == 1
        connection.close()

        wait_until(lambda: in_flight(runtime, "iris") == 0)


def test_a_stream_comes_as_events(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)
    seen = threading.Event()

    def words() -> Any:
        yield b"first "
        # The second comes only after the client has the first.
        assert seen.wait(ANSWER_S)
        yield b"second"

    with containers(record, lambda asked: Said(words(), headers={"Content-Type": "text/plain"})) as (model,):
        answer = runtime.client().invoke_endpoint_with_response_stream(
            EndpointName="iris", Body=b"x", ContentType="text/csv", Accept="text/plain"
        )
        received = []
        for event in answer["Body"]:
            received.append(event["PayloadPart"]["Bytes"])
            seen.set()

    assert received == [b"first ", b"second"]
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/plain", "AllTraffic")
    assert model.asked[0].headers["accept"] == "text/plain"


def test_a_stream_that_breaks_off_ends_with_an_error(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")

    with raw_container(record, script):
        answer = runtime.client().invoke_endpoint_with_response_stream(EndpointName="iris", Body=b"x")
        events = iter(answer["Body"])
        assert next(events)["PayloadPart"]["Bytes"] == b"first"
        with pytest.raises(EventStreamError, match="ModelStreamError") as broken:
            next(events)

    assert "closed the connection" in str(broken.value)


def test_an_error_before_a_stream_is_a_model_error(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    with containers(record, lambda asked: Said(b"no", 503)):
        error = failure(
            lambda: runtime.client().invoke_endpoint_with_response_stream(EndpointName="iris", Body=b"x")
        )

    assert (error["Error"]["Code"], error["OriginalStatusCode"]) == ("ModelError", 503)


def in_flight(runtime: Runtime, name: str) -> int:
    return runtime.gateway.runtime.in_flight.of_generation(name, 1)


def wait_until(true: Any) -> None:
    ends_at = time.monotonic() + ANSWER_S
    while not true():
        assert time.monotonic() < ends_at
        time.sleep(0.005)


def user_who_may(runtime: Runtime, action: str, resource: str, condition: Any = None) -> Credentials:
    """Keys of a new user with one policy."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    if condition is not None:
        statement["Condition"] = condition
    name = "caller"
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam = runtime.client(service="iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


@contextlib.contextmanager
def raw_container(record: dict[str, Any], script: Any) -> Any:
    """A container that answers one request with any bytes, and closes the connection."""
    (address,) = routes_of(record).variants[0].instances[0].addresses
    with socket.create_server(address) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                script(connection)

        thread = threading.Thread(target=serve, name="raw container")
        thread.start()
        yield
        thread.join()
