"""Predictions of one model: how many a second, how long each takes, and what an idle server holds."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from bench.harness.bench import run_client
from bench.harness.endpoints import deploy
from bench.harness.model_servers import BARE, LITSERVE, MLFLOW, Predicting, ServedModel, peer_model_server
from bench.harness.peers import PeerMissing
from bench.harness.processes import cpu_s, memory_mb
from bench.harness.requests import percentile
from bench.harness.results import CLARY, Result
from bench.harness.servers import Served, clary_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.harness.bench import Bench

CONNECTIONS = (1, 8, 64)
SECONDS = 3.0
START = "start to the first answer"
MEMORY = "memory of an idle endpoint (PSS)"


def measure_predictions(bench: Bench, model: ServedModel, title: str) -> Result:
    """Measures Clary's endpoint beside the peers, each with one worker."""
    result = Result(title)
    with contextlib.ExitStack() as stack:
        clary = stack.enter_context(clary_server(bench.folder))
        servers = {CLARY: deploy(clary, model)}
        for who in (BARE, LITSERVE, MLFLOW) if bench.with_peers else (BARE,):
            try:
                servers[who] = stack.enter_context(peer_model_server(who, model, bench.folder))
            except PeerMissing as error:
                result.notes.append(str(error))
        for who, server in servers.items():
            result.add(START, who, "s", [server.start_s])
        for who, server in servers.items():
            # Once asked, so that all that a request needs is in memory.
            _load(server, 1, 0.2)
            result.add(MEMORY, who, "MB", [_held(server)])
        for connections in CONNECTIONS:
            turns = {who: _turn(server, connections) for who, server in servers.items()}
            for who, seen in bench.in_turns(turns, result.notes).items():
                for what, unit, values in _rows(connections, seen):
                    result.add(what, who, unit, values)
        result.notes.append(_spent(clary, servers[CLARY]))
        own_mb = memory_mb(clary.pid)[0] - _held(servers[CLARY])
        result.notes.append(
            f"memory: an endpoint's agent and serving processes; Clary's server has {own_mb:.0f} MB for all"
        )
    _budgets(result)
    result.notes.append("InService counts for Clary's start: staging, sandbox, model, first /ping")
    return result


def _held(server: Predicting) -> float:
    return sum(memory_mb(pid)[0] for pid in server.pids)


def _turn(server: Predicting, connections: int) -> Callable[[], dict[str, Any]]:
    return lambda: _load(server, connections, SECONDS)


def _load(server: Predicting, connections: int, seconds: float) -> dict[str, Any]:
    found: dict[str, Any] = run_client(
        "predictions.py",
        dict(os.environ),
        host=server.host,
        port=server.port,
        head=server.head,
        body=server.body,
        connections=connections,
        seconds=seconds,
    )
    return found


def _rows(connections: int, seen: list[dict[str, Any]]) -> Iterator[tuple[str, str, list[float]]]:
    yield _what("a second", connections), "calls/s", [each["rate"] for each in seen]
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        yield (
            _what(name, connections),
            "ms",
            [1e3 * percentile(each["seconds"], share) for each in seen],
        )


def _what(quantity: str, connections: int) -> str:
    return f"{quantity}, {connections} at a time" if connections > 1 else f"{quantity}, one at a time"


def _spent(clary: Served, server: Predicting) -> str:
    """The CPU of a prediction, of Clary's server and of its host."""

    def spent() -> tuple[float, float]:
        host_s = sum(cpu_s(pid) for pid in server.pids)
        return cpu_s(clary.pid) - host_s, host_s

    before = spent()
    found = _load(server, 8, SECONDS)
    calls = found["rate"] * SECONDS
    own, host = (1e6 * (now - then) / calls for now, then in zip(spent(), before, strict=True))
    return (
        f"a prediction, 8 at a time, takes {own:.0f} us of CPU of Clary's server and {host:.0f} of its host"
    )


def _budgets(result: Result) -> None:
    for connections in CONNECTIONS:
        rate, p50 = _what("a second", connections), _what("p50", connections)
        own, bare = result.median(rate), result.median(rate, BARE)
        if own and bare:
            result.budget_at_least(f"80 % of bare uvicorn: {rate}", 100 * own / bare, 80.0, "%")
        for peer in (LITSERVE, MLFLOW):
            other = result.median(rate, peer)
            if own and other:
                result.budget_at_least(f"ahead of {peer}: {rate}", own / other, 1.0, "times")
        own, bare = result.median(p50), result.median(p50, BARE)
        if connections == 1 and own is not None and bare is not None:
            result.budget_at_most("at most 1 ms more than bare uvicorn at p50", own - bare, 1.0, "ms")
