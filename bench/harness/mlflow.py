"""MLflow's own server on SQLite, and runs that are written directly to its tables."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.harness.components import METRICS, OPTIMIZERS, PARAMETERS
from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ, free_port, running, wait_until_answered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

API = "/api/2.0/mlflow"
AT_ONCE = 5_000
RUN_COLUMNS = (
    "run_uuid name source_type source_name user_id status start_time end_time lifecycle_stage artifact_uri "
    "experiment_id"
)


@dataclass(frozen=True, slots=True)
class Peer:
    """A running MLflow server."""

    pid: int
    url: str


@contextlib.contextmanager
def mlflow_server(folder: Path) -> Iterator[Peer]:
    """Starts a server with the database ``mlflow.db`` in the folder. Raises peers.PeerMissing."""
    program = peer_environment("mlflow") / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    where = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    store = ("--backend-store-uri", f"sqlite:///{folder}/mlflow.db")
    with running([program, "server", *where, *store], folder=folder, environ=clean_environ()) as process:
        wait_until_answered(port, "/health", process)
        yield Peer(process.pid, f"http://127.0.0.1:{port}")


def fill_runs(folder: Path, count: int) -> None:
    """Writes ``count`` runs with the same parameters and metrics as the components of ``components.fill``."""
    chosen = random.Random(count)
    database = sqlite3.connect(folder / "mlflow.db", timeout=60)
    for first in range(0, count, AT_ONCE):
        with database:
            _fill_some(database, range(first, min(first + AT_ONCE, count)), chosen)
    database.close()


def _fill_some(database: sqlite3.Connection, numbers: range, chosen: random.Random) -> None:
    runs, params, metrics = [], [], []
    for number in numbers:
        run = f"{number:032x}"
        at = 1_790_000_000_000 + number
        runs.append((run, f"run {number}", "LOCAL", "", "bench", "FINISHED", at, at, "active", f"/{run}", 0))
        params += [(f"p{index}", str(chosen.random()), run) for index in range(15)]
        params += [(f"p{index}", chosen.choice(OPTIMIZERS), run) for index in range(15, PARAMETERS)]
        metrics += [
            (f"m{index}", chosen.random(), 1_790_000_000_000, 1, False, run) for index in range(METRICS)
        ]
    _insert(database, "runs", RUN_COLUMNS, runs)
    _insert(database, "params", "key value run_uuid", params)
    _insert(database, "latest_metrics", "key value timestamp step is_nan run_uuid", metrics)


def _insert(database: sqlite3.Connection, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    names = columns.split()
    marks = ", ".join("?" for _ in names)
    database.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
