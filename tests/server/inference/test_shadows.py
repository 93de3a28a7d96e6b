"""Shadow variants get copies of requests, and callers see nothing of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.server.conftest import ANSWER_S
from tests.server.inference.model_servers import Asked, Said
from tests.server.inference.runtime import Runtime, containers, endpoint, variant


def answer(text: bytes) -> Callable[[Asked], Said]:
    return lambda asked: Said(text)


def ask(client: Any, body: bytes = b"x") -> bytes:
    answered: bytes = client.invoke_endpoint(EndpointName="iris", Body=body)["Body"].read()
    return answered


def until(reached: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + ANSWER_S
    while not reached():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def shadowed(weight: float = 1.0) -> dict[str, Any]:
    return endpoint("iris", variant(Weight=1.0), ShadowVariants=[variant("Shadow", Weight=weight)])


def test_a_shadow_gets_a_copy_of_each_request_and_the_caller_the_answer_of_production(
    runtime: Runtime,
) -> None:
    record = shadowed()
    runtime.add(record)
    client = runtime.client()

    with containers(record, answer(b"production"), answer(b"shadow")) as (production, shadow):
        answers = {ask(client, b"%d" % number) for number in range(10)}
        until(lambda: len(shadow.asked) == 10)

    assert answers == {b"production"}
    assert {each.body for each in shadow.asked} == {each.body for each in production.asked}


def test_a_shadow_gets_the_share_of_its_weight(runtime: Runtime) -> None:
    record = shadowed(weight=0.3)
    runtime.add(record)
    client = runtime.client()

    with containers(record, answer(b"production"), answer(b"shadow")) as (production, shadow):
        for _ in range(200):
            ask(client)
        until(lambda: not runtime.gateway.runtime.in_flight.of_generation("iris", 1))

    assert len(production.asked) == 200
    # Of 200 draws with a chance of 0.3: outside with a probability below one in a million.
    assert 28 <= len(shadow.asked) <= 95


def test_a_shadow_that_fails_costs_the_caller_nothing(runtime: Runtime) -> None:
    record = shadowed()
    runtime.add(record)
    client = runtime.client()

    with containers(record, answer(b"production"), lambda asked: Said(b"broken", 500)) as (_, shadow):
        assert ask(client) == b"production"
        until(lambda: len(shadow.asked) == 1)
        assert ask(client) == b"production"


def test_a_shadow_that_is_slow_costs_the_caller_nothing(runtime: Runtime) -> None:
    record = shadowed()
    runtime.add(record)
    client = runtime.client()
    released = threading.Event()

    def slow(asked: Asked) -> Said:
        released.wait(ANSWER_S)
        return Said(b"late")

    with containers(record, answer(b"production"), slow) as (production, shadow):
        for _ in range(5):
            assert ask(client) == b"production"
        assert len(production.asked) == 5
        released.set()
        until(lambda: len(shadow.asked) == 5)


@pytest.mark.parametrize("state", ["no instance", "nobody listens"])
def test_a_shadow_that_is_not_there_costs_the_caller_nothing(runtime: Runtime, state: str) -> None:
    record = shadowed()
    if state == "no instance":
        del record["_Hosts"]["g1-s1-i1-c1"]
    runtime.add(record)
    served = {**record, "_Generations": [{**record["_Generations"][0], "ShadowVariants": []}]}

    with containers(served, answer(b"production")):
        assert ask(runtime.client()) == b"production"
