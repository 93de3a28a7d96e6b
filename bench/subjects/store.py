"""Operations of the store in SQLite and in PostgreSQL, in one process."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from tests.postgres import PostgresServer, programs

from bench.harness.results import CLARY, Result
from clary.store.attribute_index import Query
from clary.store.attribute_index.joined import COMPONENT
from clary.store.database import Database
from clary.store.logs import LogStore
from clary.store.metrics import MetricStore
from clary.store.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.harness.bench import Bench

TIMES = 300
THREADS = 8
POSTGRESQL = "PostgreSQL"


def measure(bench: Bench) -> Result:
    result = Result("Operations of the store")
    with contextlib.ExitStack() as stack:
        stores = {CLARY: _Stores(Database.at(bench.folder / "clary.db"))}
        if bench.with_peers and (found := programs()) is not None:
            server = PostgresServer(Path(tempfile.mkdtemp(prefix="clary-bench-")), found, durable=True)
            stack.callback(server.close)
            stores[POSTGRESQL] = _Stores(Database(server.empty()))
        elif bench.with_peers:
            result.notes.append("PostgreSQL is not installed")
        for each in stores.values():
            stack.callback(each.database.close)
        for what in ("read a record", "change a record", "take a lease", "add 10 points", "add 5 log lines",
                     "search 1,000 components, sorted by a parameter, a page of 10"):  # fmt: skip
            turns = {who: _turn(each.operations[what]) for who, each in stores.items()}
            for who, seen in bench.in_turns(turns, result.notes).items():
                result.add(what, who, "ms", seen)
        turns = {who: _together(each) for who, each in stores.items()}
        for who, seen in bench.in_turns(turns, result.notes).items():
            result.add(f"change records, {THREADS} threads", who, "changes/s", seen)
    result.notes.append(
        "One process, no HTTP; Clary is SQLite. PostgreSQL is on this machine, over a Unix socket, and waits "
        "for the disk at each commit. SQLite does not: it loses the last commits to a power cut, and none to "
        "a kill"
    )
    return result


class _Stores:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.records = Records(database, time.time)
        metrics, logs = MetricStore(database), LogStore(database)
        numbers = count()
        for number in range(1_000):
            members = {"Parameters": {"lr": {"NumberValue": number / 7}}, "Index": number}
            self.records.insert(COMPONENT, f"c-{number}", members, arn=f"arn:c-{number}")
        for number in range(THREADS):
            self.records.insert("thing", f"t-{number}", {"A": 1, "Text": "x" * 500})
        logs.create_group("g", 1.0)
        logs.create_stream("g", "s", 1.0)
        points = [(f"loss-{number}", 1.0, 1, 0.5) for number in range(10)]
        query = Query(COMPONENT, None, "Parameters.lr.NumberValue", True)
        self.operations: dict[str, Callable[[], object]] = {
            "read a record": lambda: self.records.get("thing", "t-0"),
            "change a record": lambda: self.records.update("thing", "t-0", {"A": next(numbers)}),
            "take a lease": lambda: self.records.lease("thing", "t-0", holder="me", for_s=60.0),
            "add 10 points": lambda: metrics.append("arn:m", points),
            "add 5 log lines": lambda: logs.append("g", "s", [(1, "a line of a log")] * 5, 1.0),
            "search 1,000 components, sorted by a parameter, a page of 10": lambda: self.records.search(
                query, limit=10
            ),
        }


def _turn(operation: Callable[[], object]) -> Callable[[], float]:
    """A turn that returns the milliseconds of one operation."""

    def turn() -> float:
        began = time.perf_counter()
        for _ in range(TIMES):
            operation()
        return 1e3 * (time.perf_counter() - began) / TIMES

    return turn


def _together(stores: _Stores) -> Callable[[], float]:
    def work(number: int) -> None:
        for turn in range(TIMES):
            stores.records.update("thing", f"t-{number}", {"A": turn})

    def turn() -> float:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return THREADS * TIMES / (time.perf_counter() - began)

    return turn
