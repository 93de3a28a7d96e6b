"""Searches over many trial components: filtered by one property, sorted by another, and other forms."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from bench.harness.components import KIND, METRICS, fill
from bench.harness.mlflow import API, fill_runs, mlflow_server
from bench.harness.peak_memory import peak_memory_mb
from bench.harness.peers import PeerMissing
from bench.harness.requests import percentile, plain, send_all, signed
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server
from bench.harness.shapes import SHAPES
from clary.server.settings import load_settings
from clary.store.attribute_index import Operator, Query, Where
from clary.store.database import Database
from clary.store.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.harness.bench import Bench
    from bench.harness.servers import Served

COUNTS = (10_000, 100_000)
SEARCHES, SHAPED = 200, 20
PEER_SEARCHES = {10_000: 20, 100_000: 3}
PAGE = 10

Asked = tuple[int, float, int, bool]
"""(parameter, its least value, metric to sort by, whether in descending order)"""


def measure(bench: Bench) -> Result:
    result = Result("Search: filter by a parameter, sort by a metric, 10 a page")
    for count in COUNTS:
        folder = bench.folder / str(count)
        _fill(folder, count)
        _add(result, f"{count:,} in process", CLARY, _in_process(folder))
        with clary_server(folder) as served:
            _add(result, f"{count:,} over HTTP", CLARY, _over_http(served))
            if count == COUNTS[-1]:
                _add_shapes(result, served)
            result.add(
                f"{count:,}: the server's memory at its peak", CLARY, "MB", [peak_memory_mb(served.pid)]
            )
    if bench.with_peers:
        try:
            for count in COUNTS:
                _add_mlflow(result, bench.folder / f"mlflow-{count}", count)
        except PeerMissing as missing:
            result.notes.append(str(missing))
        except TimeoutError:
            result.notes.append(f"MLflow: a search of {count:,} runs was given up after 300 s")
    worst = result.median(f"p95 {COUNTS[-1]:,} in process")
    result.budget_at_most(f"p95 under 50 ms, {COUNTS[-1]:,} components, in process", worst, 50.0, "ms")
    over_http = result.median(f"p95 {COUNTS[-1]:,} over HTTP")
    result.budget_at_most(f"p95 under 50 ms, {COUNTS[-1]:,} components, over HTTP", over_http, 50.0, "ms")
    for name in SHAPES:
        slowest = result.median(_shape_row(name, "p95"))
        result.budget_at_most(f"p95 under 50 ms, {COUNTS[-1]:,} components: {name}", slowest, 50.0, "ms")
    result.notes.append(
        f"{SEARCHES} searches, each with a parameter, a bound and a metric drawn anew; nothing is warmed "
        f"up. In process: the store's part. Over HTTP: signed, checked and serialized, with the {METRICS} "
        f"metrics and 20 parameters of each of the ten. Other shapes: {SHAPED} of each, over HTTP"
    )
    asked = " and ".join(f"{searches} at {count:,}" for count, searches in PEER_SEARCHES.items())
    result.notes.append(
        f"MLflow: {asked} runs, because of the time they take; its runs are put straight into its tables"
    )
    return result


def _add(result: Result, what: str, who: str, times_ms: list[float]) -> None:
    result.add(f"p50 {what}", who, "ms", [percentile(times_ms, 0.5)])
    result.add(f"p95 {what}", who, "ms", [percentile(times_ms, 0.95)])


def _add_shapes(result: Result, served: Served) -> None:
    """Runs one search of each form in turn, so that other load of the machine affects all of them equally."""
    chosen = random.Random(0)
    times_ms: dict[str, list[float]] = {name: [] for name in SHAPES}
    for _ in range(SHAPED):
        requests = [signed(served, "/", _shaped(name, chosen), target="SageMaker.Search") for name in SHAPES]
        seconds, _ = send_all(served.url, requests)
        for name, each in zip(SHAPES, seconds, strict=True):
            times_ms[name].append(1e3 * each)
    for name, times in times_ms.items():
        for share, spelled in ((0.5, "p50"), (0.95, "p95")):
            result.add(_shape_row(name, spelled), CLARY, "ms", [percentile(times, share)])


def _shape_row(name: str, percentile_name: str) -> str:
    return f"{percentile_name} {COUNTS[-1]:,} over HTTP: {name}"


def _shaped(name: str, chosen: random.Random) -> dict[str, Any]:
    return {"Resource": "ExperimentTrialComponent", "MaxResults": PAGE, **SHAPES[name](chosen)}


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


def _over_http(served: Served) -> list[float]:
    requests = [
        signed(served, "/", _search_request(*asked), target="SageMaker.Search") for asked in _asked(SEARCHES)
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


def _add_mlflow(result: Result, folder: Path, count: int) -> None:
    """Measures MLflow. It does not compare parameters as numbers, so the filter uses a metric."""
    with mlflow_server(folder) as peer:
        fill_runs(folder, count)
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
            for parameter, bound, metric, descending in _asked(PEER_SEARCHES[count])
        ]
        seconds, _ = send_all(peer.url, requests)
    _add(result, f"{count:,} over HTTP", "MLflow", [1e3 * each for each in seconds])


def _asked(count: int) -> Iterator[Asked]:
    chosen = random.Random(count)
    for _ in range(count):
        yield chosen.randrange(15), chosen.random(), chosen.randrange(METRICS), chosen.random() < 0.5
