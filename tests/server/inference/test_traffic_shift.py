"""Requests while the traffic of an endpoint moves from one generation to the next."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.server.inference.model_servers import Asked, ModelServer, Said, model_server
from tests.server.inference.runtime import Runtime, containers, endpoint, serving, variant

from clary.kinds.endpoint.routes import shift_of

NEW_SESSION = {"X-Amzn-SageMaker-New-Session-Id": "one; Expires=2030-01-01T00:00:00Z"}


def moving(share: float) -> dict[str, Any]:
    """An endpoint whose second generation gets a share of the requests."""
    record = endpoint("iris", variant())
    [first] = record["_Generations"]
    second = {**first, "Id": 2, "State": "starting", "Shift": {"Share": share, "Since": 1_790_000_000.0}}
    return serving({**record, "EndpointStatus": "Updating", "_Generations": [first, second]})


@contextlib.contextmanager
def both(record: dict[str, Any], **headers: dict[str, str]) -> Iterator[tuple[ModelServer, ModelServer]]:
    """The containers of both generations. headers: of the answers of ``old`` and of ``new``."""
    shift = shift_of(record)
    assert shift is not None
    [address] = shift.routes.variants[0].instances[0].addresses

    def new(asked: Asked) -> Said:
        return Said(b"new", headers=headers.get("new", {}))

    with containers(record, lambda asked: Said(b"old")) as (old,), model_server(new, address) as other:
        yield old, other


def ask(runtime: Runtime, client: Any, **members: Any) -> str:
    answered: str = client.invoke_endpoint(EndpointName="iris", Body=b"x", **members)["Body"].read().decode()
    return answered


@pytest.mark.parametrize(("share", "fewest", "most"), [(0.2, 12, 75), (0.9, 150, 200)])
def test_the_new_generation_gets_its_share(runtime: Runtime, share: float, fewest: int, most: int) -> None:
    record = moving(share)
    runtime.add(record)
    client = runtime.client()

    with both(record):
        answers = Counter(ask(runtime, client) for _ in range(200))

    # Of 200 draws: outside with a probability below one in a million.
    assert fewest <= answers["new"] <= most
    assert answers.total() == 200


def test_what_has_moved_back_gets_nothing_any_more(runtime: Runtime) -> None:
    record = moving(1.0)
    runtime.add(record)
    client = runtime.client()
    first, second = record["_Generations"]

    with both(record):
        assert ask(runtime, client) == "new"
        failed = {**second, "State": "draining", "Failed": True}
        del failed["Shift"]
        runtime.platform.records.update("endpoint", "iris", {"_Generations": [first, failed]})
        assert {ask(runtime, client) for _ in range(10)} == {"old"}


def test_a_new_generation_without_an_instance_costs_nobody_an_answer(runtime: Runtime) -> None:
    record = moving(1.0)
    runtime.add(record)

    with both(record):
        del record["_Hosts"]["g2-v1-i1-c1"]
        runtime.platform.records.update("endpoint", "iris", {"_Hosts": record["_Hosts"]})
        assert ask(runtime, runtime.client()) == "old"


def test_a_session_stays_with_the_generation_that_has_it(runtime: Runtime) -> None:
    record = moving(1.0)
    runtime.add(record)
    client = runtime.client()
    first, second = record["_Generations"]

    with both(record, new=NEW_SESSION):
        assert ask(runtime, client, SessionId="NEW_SESSION") == "new"
        less = {**second, "Shift": {"Share": 0.0, "Since": 1.0}}
        runtime.platform.records.update("endpoint", "iris", {"_Generations": [first, less]})
        assert ask(runtime, client) == "old"
        assert ask(runtime, client, SessionId="one") == "new"
