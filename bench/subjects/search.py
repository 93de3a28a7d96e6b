"""Searches over many trial components: filtered by one property, sorted by another."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from bench.harness.components import KIND, METRICS, fill
from bench.harness.mlflow import API, fill_runs, mlflow_server
from bench.harness.peers import PeerMissing
from bench.harness.requests import percentile, plain, send_all, signed
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server
from clary.server.settings import load_settings
from clary.store.database import Database
from clary.store.facets import Operator, Query, Where
from clary.store.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.harness.bench import Bench

COUNTS = (10_000, 100_000)
PEER_COUNT = 10_000
SEARCHES, PEER_SEARCHES = 200, 20
PAGE = 10

Asked = tuple[int, float, int, bool]
"""(parameter, the least value it may have, metric to sort by, whether the greatest comes first)"""


def measure(bench: Bench) -> Result:
    result = Result("Search: filter by a parameter, sort by a metric, 10 a page")
    for count in COUNTS:
        folder = bench.folder / str(count)
        _fill(folder, count)
        _add(result, f"{count:,} in process", CLARY, _in_process(folder))
        _add(result, f"{count:,} over HTTP", CLARY, _over_http(folder))
    if bench.with_peers:
        try:
            _add(result, f"{PEER_COUNT:,} over HTTP", "MLflow", _mlflow(bench.folder / "mlflow"))
        except PeerMissing as missing:
            result.notes.append(str(missing))
    worst = result.median(f"p95 {COUNTS[-1]:,} in process")
    result.budget_at_most(f"p95 under 50 ms, {COUNTS[-1]:,} components, in process", worst, 50.0, "ms")
    over_http = result.median(f"p95 {COUNTS[-1]:,} over HTTP")
    result.budget_at_most(f"p95 under 50 ms, {COUNTS[-1]:,} components, over HTTP", over_http, 50.0, "ms")
    result.notes.append(
        f"{SEARCHES} searches ({PEER_SEARCHES} of MLflow's), each with a parameter, a bound and a metric "
        "drawn anew; nothing is warmed up. In process: the store's part. Over HTTP: signed, checked and "
        f"serialized, with the {METRICS} metrics and 20 parameters of each of the ten"
    )
    return result


def _add(result: Result, what: str, who: str, times_ms: list[float]) -> None:
    result.add(f"p50 {what}", who, "ms", [percentile(times_ms, 0.5)])
    result.add(f"p95 {what}", who, "ms", [percentile(times_ms, 0.95)])


def _fill(folder: Path, count: int) -> None:
    settings = load_settings(home=folder / "clary")
    database = Database.at(folder / "clary" / "clary.db")
    fill(database, count, account=settings.account, region=settings.region)
    database.close()


def _in_process(folder: Path) -> list[float]:
    database = Database.at(folder / "clary" / "clary.db")
    records = Records(database, time.time)
    times_ms = []
    for parameter, bound, metric, descending in _asked(SEARCHES):
        wanted = Where(f"Parameters.p{parameter}.NumberValue", Operator.GREATER, numbers=(bound,))
        query = Query(KIND, wanted, f"Metrics.m{metric}.Max", descending)
        began = time.perf_counter()
        records.search(query, limit=PAGE)
        times_ms.append(1e3 * (time.perf_counter() - began))
    database.close()
    return times_ms


def _over_http(folder: Path) -> list[float]:
    with clary_server(folder) as served:
        requests = [
            signed(served, "/", _search_request(*asked), target="SageMaker.Search")
            for asked in _asked(SEARCHES)
        ]
        seconds, _ = send_all(served.url, requests)
    return [1e3 * each for each in seconds]


def _search_request(parameter: int, bound: float, metric: int, descending: bool) -> dict[str, Any]:
    wanted = {"Name": f"Parameters.p{parameter}.NumberValue", "Operator": "GreaterThan", "Value": str(bound)}
    return {
        "Resource": "ExperimentTrialComponent",
        "SearchExpression": {"Filters": [wanted]},
        "SortBy": f"Metrics.m{metric}.Max",
        "SortOrder": "Descending" if descending else "Ascending",
        "MaxResults": PAGE,
    }


def _mlflow(folder: Path) -> list[float]:
    """MLflow compares no parameters as numbers, so its filter is of a metric."""
    with mlflow_server(folder) as url:
        fill_runs(folder, PEER_COUNT)
        requests = [
            plain(
                f"{API}/runs/search",
                {
                    "experiment_ids": ["0"],
                    "filter": f"metrics.m{parameter} > {bound}",
                    "order_by": [f"metrics.m{metric} {'DESC' if descending else 'ASC'}"],
                    "max_results": PAGE,
                },
            )
            for parameter, bound, metric, descending in _asked(PEER_SEARCHES)
        ]
        seconds, _ = send_all(url, requests)
    return [1e3 * each for each in seconds]


def _asked(count: int) -> Iterator[Asked]:
    chosen = random.Random(count)
    for _ in range(count):
        yield chosen.randrange(15), chosen.random(), chosen.randrange(METRICS), chosen.random() < 0.5
