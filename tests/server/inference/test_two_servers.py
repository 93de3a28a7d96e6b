"""Two servers on one database: a request to the one for an endpoint that the other one runs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.postgres import PostgresServer
from tests.server.inference.model_servers import Asked, Said
from tests.server.inference.runtime import Runtime, containers, endpoint, running, wait_for
from tests.server.inference.test_async_invocations import content, nothing_waits, serve

from clary.compute.machine_name import machine_name
from clary.runner.servers import KIND
from clary.server.passing_on import PASSED_ON
from clary.server.request_info import Requester, RequestInfo

Document = dict[str, Any]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Runtime, Runtime]]:
    database = PostgresServer.or_skip()
    shared = {"database": database.empty(), "secret": secrets.token_hex(16)}
    homes = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    with running(homes[0], **shared) as one, running(homes[1], **shared) as two:
        for server in (one, two):
            server.platform.records.insert(KIND, name_of(server), facts(server))
        yield one, two
    database.close()


def name_of(server: Runtime) -> str:
    return server.platform.state.server_name()


def facts(server: Runtime, **changes: Any) -> Document:
    """As the server says them at each beat; there is no loop here."""
    return {
        "Name": name_of(server),
        "SeenAt": 0.0,
        "Url": f"http://{server.host}:{server.port}",
        "Machine": machine_name(),
        **changes,
    }


@pytest.fixture
def theirs(pair: tuple[Runtime, Runtime]) -> Iterator[Document]:
    """An endpoint of the first server."""
    one, _ = pair
    record = {**endpoint("iris"), "_Server": name_of(one)}
    one.add(record)
    yield record
    one.platform.records.delete("endpoint", "iris")


LARGE = secrets.token_bytes(3 << 20)


def echo(asked: Asked) -> Said:
    # One function for all tests: connections to models are kept.
    if asked.body.startswith(b"large"):
        return Said(LARGE)
    if asked.body == b"bad":
        return Said(b"no such thing", 400)
    return Said(b"answer to " + asked.body, headers={"Content-Type": "text/csv"})


def invoke(server: Runtime, body: bytes = b"1,2", **members: Any) -> tuple[bytes, Document]:
    answer = server.client().invoke_endpoint(EndpointName="iris", Body=body, **members)
    return answer["Body"].read(), answer


def refused(server: Runtime, **members: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as raised:
        invoke(server, **members)
    said = raised.value.response
    return said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"], said["Error"]["Message"]


def test_it_is_answered_by_the_server_that_runs_the_endpoint(
    pair: tuple[Runtime, Runtime], theirs: Document
) -> None:
    one, two = pair
    with containers(theirs, echo) as (model,):
        body, answer = invoke(two, ContentType="text/plain", CustomAttributes="mine")

        assert body == b"answer to 1,2"
        assert answer["ContentType"] == "text/csv"
        assert answer["InvokedProductionVariant"] == "AllTraffic"
        assert invoke(one)[0] == body
    assert model.asked[0].headers["x-amzn-sagemaker-custom-attributes"] == "mine"


def test_large_answers_and_streams_come_through_as_they_are(
    pair: tuple[Runtime, Runtime], theirs: Document
) -> None:
    _, two = pair
    with containers(theirs, echo):
        assert invoke(two, b"large" * (1 << 20))[0] == LARGE
        stream = two.client().invoke_endpoint_with_response_stream(EndpointName="iris", Body=b"large")
        assert b"".join(event["PayloadPart"]["Bytes"] for event in stream["Body"]) == LARGE


def test_errors_of_the_model_and_of_the_request_are_those_of_the_other_server(
    pair: tuple[Runtime, Runtime], theirs: Document
) -> None:
    one, two = pair
    with containers(theirs, echo):
        assert refused(two, body=b"bad") == refused(one, body=b"bad")
        assert refused(two, body=b"bad")[:2] == (424, "ModelError")
        assert refused(two, TargetVariant="Other") == refused(one, TargetVariant="Other")


def test_a_server_that_does_not_answer_is_said_and_its_endpoint_served_once_it_is_taken_over(
    pair: tuple[Runtime, Runtime], theirs: Document
) -> None:
    one, two = pair
    records = two.platform.records
    records.update(KIND, name_of(one), {"Url": "http://127.0.0.1:9"})
    with containers(theirs, echo):
        status, code, message = refused(two)
        assert (status, code) == (503, "ServiceUnavailable")
        assert (
            f"runs at server {name_of(one)}, which does not answer at 127.0.0.1:9. It is taken over"
            in message
        )

        records.delete(KIND, name_of(one))
        assert "which is gone. Another server takes it over" in refused(two)[2]

        records.insert(KIND, name_of(one), facts(one))
        records.update("endpoint", "iris", {"_Server": name_of(two)})
        assert invoke(two)[0] == b"answer to 1,2"
        assert wait_for(lambda: invoke(one)[0] == b"answer to 1,2"), "now the other way round"


def test_a_server_of_another_machine_that_listens_on_loopback_only_is_said(
    pair: tuple[Runtime, Runtime], theirs: Document
) -> None:
    one, two = pair
    two.platform.records.update(KIND, name_of(one), {"Machine": "another", "Outside": ""})

    try:
        assert "CLARY_HOST" in refused(two)[2]
    finally:
        two.platform.records.update(KIND, name_of(one), facts(one))


def test_two_servers_that_do_not_agree_send_a_request_to_and_fro_once(
    pair: tuple[Runtime, Runtime], theirs: Document
) -> None:
    one, two = pair
    # The address of the other one is its own, as behind a balancer of load.
    two.platform.records.update(KIND, name_of(one), {"Url": f"http://{two.host}:{two.port}"})

    try:
        assert refused(two)[0] in (403, 503)
    finally:
        two.platform.records.update(KIND, name_of(one), facts(one))


def test_a_client_can_not_say_that_a_server_has_passed_its_request_on(
    pair: tuple[Runtime, Runtime], theirs: Document
) -> None:
    one, _ = pair
    client = one.client()
    forged = f"{one.platform.now():.3f} aa {name_of(one)} 1 10.0.0.1 {'0' * 64}"
    client.meta.events.register(
        "before-send", lambda request, **_: request.headers.__setitem__(PASSED_ON, forged)
    )

    with pytest.raises(ClientError, match="was not made by a server of this installation"):
        client.invoke_endpoint(EndpointName="iris", Body=b"1")


def test_policies_judge_where_the_client_is_and_not_the_server_between(
    pair: tuple[Runtime, Runtime], theirs: Document
) -> None:
    one, two = pair
    seen = []
    real = one.gateway.operations.authorize

    async def authorize(info: RequestInfo, params: Document, sender: Requester) -> None:
        seen.append(sender.facts)

    try:
        one.gateway.operations.authorize = authorize  # type: ignore[method-assign]
        with containers(theirs, echo):
            client = two.client()
            client.meta.events.register(
                "before-sign", lambda request, **_: request.headers.__setitem__("User-Agent", "mine")
            )
            client.invoke_endpoint(EndpointName="iris", Body=b"1")
    finally:
        one.gateway.operations.authorize = real  # type: ignore[method-assign]

    assert [(each.source_ip, each.secure, each.user_agent) for each in seen] == [("127.0.0.1", False, "mine")]


def test_an_asynchronous_request_to_any_server_is_answered_by_the_one_that_runs_the_endpoint(
    pair: tuple[Runtime, Runtime],
) -> None:
    one, two = pair
    record = serve(one)
    two.platform.records.update("endpoint", "iris", {"_Server": name_of(one)})
    try:
        with containers(record, echo) as (model,):
            asked = two.client().invoke_endpoint_async(EndpointName="iris", InputLocation="s3://seen/in/one")

            assert content(two, asked["OutputLocation"])[0] == b"answer to 5.1,3.5"
            wait_for(lambda: nothing_waits(one))
        assert len(model.asked) == 1
        wait_for(lambda: not two.gateway.runtime.queue._waiting.get("iris"))
        assert json.dumps(sorted(two.gateway.runtime.queue._names)) == "[]"
    finally:
        one.platform.records.delete("endpoint", "iris")
