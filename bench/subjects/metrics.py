"""Metric points over HTTP, creation of trial components, and a series with a million points."""

from __future__ import annotations

import contextlib
import json
import random
import time
from typing import TYPE_CHECKING

from bench.harness.jobs import LOOK_S, Jobs
from bench.harness.mlflow import API, Peer, mlflow_server
from bench.harness.peak_memory import peak_memory_mb
from bench.harness.peers import PeerMissing
from bench.harness.processes import cpu_s, memory_mb
from bench.harness.requests import plain, send_all, signed
from bench.harness.results import CLARY, Result
from bench.harness.servers import Served, clary_server
from clary.domain.arns import sagemaker_arn
from clary.domain.identity import PrincipalKind
from clary.server.settings import load_settings
from clary.server.state import StateFolder
from clary.services.access.credentials import Keyring
from clary.store.database import Database
from clary.store.metrics import MetricStore
from clary.store.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bench.harness.bench import Bench

NAMES = 10
SMALL, SMALL_BATCHES = 10, 500
LARGE, LARGE_BATCHES = 1_000, 40
CREATED = 200
LONG = 1_000_000
CHART = 2_000
SMALL_RATE = f"points a second, batches of {SMALL} (the SDK's)"
LARGE_RATE = f"points a second, batches of {LARGE:,}"
CREATION = "trial components (runs) created a second"
Turns = dict[tuple[str, str], tuple[int, "Callable[[], tuple[int, float]]"]]
"""(quantity, contestant) to the server's process and a turn, which returns (number, seconds)."""
WHOLE, REDUCED = f"a series of {LONG:,} points read whole", f"the same, for a chart of {CHART:,}"


def measure(bench: Bench) -> Result:
    result = Result("Metrics and trial components")
    home = bench.folder / "clary"
    _fill(home)
    for what, times in _series(home, bench.rounds).items():
        result.add(what, CLARY, "s", times)
    with clary_server(bench.folder) as served:
        _start_job(Jobs.on(served))
        contestants: Turns = {
            (SMALL_RATE, CLARY): (served.pid, lambda: _small(served)),
            (LARGE_RATE, CLARY): (served.pid, lambda: _large(served)),
            (CREATION, CLARY): (served.pid, lambda: _create(served)),
        }
        try:
            with _peer(bench) as peer:
                if peer is not None:
                    contestants[LARGE_RATE, "MLflow"] = (peer.pid, lambda: _mlflow_points(peer.url))
                    contestants[CREATION, "MLflow"] = (peer.pid, lambda: _mlflow_create(peer.url))
                _take_turns(bench, result, contestants)
        except PeerMissing as missing:
            result.notes.append(str(missing))
            _take_turns(bench, result, contestants)
        result.add("the server's memory after all of it (PSS)", CLARY, "MB", [memory_mb(served.pid)[0]])
        result.add("the server's memory at its peak (RSS)", CLARY, "MB", [peak_memory_mb(served.pid)])
    theirs, large, small = (
        result.median(LARGE_RATE, "MLflow"),
        result.median(LARGE_RATE),
        result.median(SMALL_RATE),
    )
    created, peers = result.median(CREATION), result.median(CREATION, "MLflow")
    if theirs and large and small and created and peers:
        result.budget_at_least(
            "large batches: 20 times MLflow's log_batch of 1,000", large / theirs, 20.0, "times"
        )
        result.budget_at_least("the SDK's batches: 4 times MLflow's of 1,000", small / theirs, 4.0, "times")
        result.budget_at_least(
            "trial components created: 10 times MLflow's runs", created / peers, 10.0, "times"
        )
    result.budget_at_most("a million points whole under 3 s", result.median(WHOLE), 3.0, "s")
    result.budget_at_most("for a chart under 50 ms", result.median(REDUCED), 0.05, "s")
    result.notes.append("requests are signed beforehand: the client's own work is not in the rates")
    result.notes.append(
        "CPU for one point, or for one component or run; it depends less on neighbours than rates"
    )
    return result


@contextlib.contextmanager
def _peer(bench: Bench) -> Iterator[Peer | None]:
    if not bench.with_peers:
        yield None
        return
    with mlflow_server(bench.folder / "mlflow") as peer:
        yield peer


def _take_turns(bench: Bench, result: Result, contestants: Turns) -> None:
    """Runs all of them in each round, because rates of different kinds are compared."""
    used_ms: dict[tuple[str, str], list[float]] = {key: [] for key in contestants}
    turns: dict[str, Callable[[], float]] = {}
    for key, (pid, turn) in contestants.items():

        def measured(
            key: tuple[str, str] = key, pid: int = pid, turn: Callable[[], tuple[int, float]] = turn
        ) -> float:
            began = cpu_s(pid)
            count, seconds = turn()
            used_ms[key].append(1e3 * (cpu_s(pid) - began) / count)
            return count / seconds

        turns["|".join(key)] = measured
    rates = bench.in_turns(turns, result.notes)
    for (what, who), each in zip(contestants, rates.values(), strict=True):
        result.add(what, who, "a second", each)
    for (what, who), each in used_ms.items():
        result.add(f"the server's CPU for one: {what}", who, "ms", each)


def _fill(home: Path) -> None:
    """Writes a component and a long series, before the server is started."""
    settings = load_settings(home=home)
    database = Database.at(home / "clary.db")
    records, metrics = Records(database, time.time), MetricStore(database)
    kind, name = "experiment-trial-component", "bench"
    arn = sagemaker_arn(settings.region, settings.account, kind, name)
    records.insert(kind, name, {"TrialComponentName": name, "TrialComponentArn": arn}, arn=arn)
    chosen = random.Random(0)
    for first in range(0, LONG, 10_000):
        points = [("loss", float(step), step, chosen.random()) for step in range(first, first + 10_000)]
        metrics.append("long", points)
    database.close()


def _start_job(jobs: Jobs) -> None:
    """Starts the job that the hosts of ``_large`` belong to: they may send points while it runs."""
    script = jobs.send_script("sleep", "import time; time.sleep(3600)\n")
    jobs.sagemaker.create_training_job(**jobs.request("bench", script))
    while jobs.sagemaker.describe_training_job(TrainingJobName="bench")["SecondaryStatus"] != "Training":
        time.sleep(LOOK_S)


def _series(home: Path, rounds: int) -> dict[str, list[float]]:
    database = Database.at(home / "clary.db")
    metrics = MetricStore(database)
    times: dict[str, list[float]] = {WHOLE: [], REDUCED: []}
    for _ in range(rounds):
        for what, limit in ((WHOLE, None), (REDUCED, CHART)):
            began = time.perf_counter()
            metrics.series("long", "loss", x="step", limit=limit)
            times[what].append(time.perf_counter() - began)
    database.close()
    return times


def _small(served: Served) -> tuple[int, float]:
    at = time.time()
    requests = [
        signed(
            served,
            "/BatchPutMetrics",
            {
                "TrialComponentName": "bench",
                "MetricData": [
                    {"MetricName": f"m{index % NAMES}", "Timestamp": int(at), "Step": batch, "Value": 0.5}
                    for index in range(SMALL)
                ],
            },
            method="PUT",
        )
        for batch in range(SMALL_BATCHES)
    ]
    seconds, answers = send_all(served.url, requests)
    assert not any(json.loads(answer).get("Errors") for answer in answers)
    return SMALL * SMALL_BATCHES, sum(seconds)


def _large(served: Served) -> tuple[int, float]:
    """Sends points as an agent sends the metrics that its job prints. Every turn is a new host."""
    assert served.connection is not None
    connection = served.connection
    state = StateFolder(connection.home)
    database = Database.at(state.database)
    records = Records(database, time.time)
    keyring = Keyring(state.token_key(), state.root_credentials(), connection.account, records, time.time)
    host = f"bench/algo-{time.time_ns()}"
    arn = f"arn:aws:sts::{connection.account}:assumed-role/host/{host}"
    minted = keyring.mint(PrincipalKind.HOST, host, arn=arn, session_name=host, ttl_s=600.0)
    database.close()
    keys = (minted.access_key_id, minted.secret_access_key, minted.session_token)
    requests = [
        signed(
            served,
            "/_clary/PutHostMetrics",
            {
                "Host": host,
                "Sequence": batch * LARGE,
                "Points": [[f"m{index % NAMES}", 1.0 * batch, batch, 0.5] for index in range(LARGE)],
            },
            service="clary",
            keys=keys,
        )
        for batch in range(LARGE_BATCHES)
    ]
    seconds, _ = send_all(served.url, requests)
    return LARGE * LARGE_BATCHES, sum(seconds)


def _create(served: Served) -> tuple[int, float]:
    turn = time.time_ns()
    requests = [
        signed(
            served,
            "/",
            {
                "TrialComponentName": f"c-{turn}-{number}",
                "Parameters": {f"p{index}": {"NumberValue": 0.5} for index in range(5)},
            },
            target="SageMaker.CreateTrialComponent",
        )
        for number in range(CREATED)
    ]
    seconds, _ = send_all(served.url, requests)
    return CREATED, sum(seconds)


def _mlflow_points(url: str) -> tuple[int, float]:
    (run,) = _mlflow_runs(url, 1)
    requests = [
        plain(
            f"{API}/runs/log-batch",
            {
                "run_id": run,
                "metrics": [
                    {
                        "key": f"m{index % NAMES}",
                        "value": 0.5,
                        "timestamp": batch * LARGE + index,
                        "step": batch,
                    }
                    for index in range(LARGE)
                ],
            },
        )
        for batch in range(LARGE_BATCHES // 4)
    ]
    seconds, _ = send_all(url, requests)
    return LARGE * len(requests), sum(seconds)


def _mlflow_create(url: str) -> tuple[int, float]:
    began = time.perf_counter()
    runs = _mlflow_runs(url, CREATED // 4)
    return len(runs), time.perf_counter() - began


def _mlflow_runs(url: str, count: int) -> list[str]:
    create = plain(f"{API}/runs/create", {"experiment_id": "0", "start_time": int(time.time() * 1000)})
    _, answers = send_all(url, [create] * count)
    return [json.loads(answer)["run"]["info"]["run_id"] for answer in answers]
