"""MLflow's own server on SQLite, and runs that are written directly to its tables."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.harness.components import METRICS, OPTIMIZERS, PARAMETERS, metrics_of
from bench.harness.curves import METRIC, STEP_S, loss_curve
from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ, free_port, running, wait_until_answered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

API = "/api/2.0/mlflow"
AT_ONCE = 5_000
BEGAN_MS = 1_790_000_000_000
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
def mlflow_server(folder: Path, *, only_tracks: bool = False) -> Iterator[Peer]:
    """Starts a server with the database ``mlflow.db`` in the folder. Raises peers.PeerMissing.

    only_tracks: without its workers for jobs of its own, which take half of the start.
    """
    program = peer_environment("mlflow") / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    where = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    store = ("--backend-store-uri", f"sqlite:///{folder}/mlflow.db")
    environ = clean_environ()
    if only_tracks:
        environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    with running([program, "server", *where, *store], folder=folder, environ=environ) as process:
        wait_until_answered(port, "/health", process)
        yield Peer(process.pid, f"http://127.0.0.1:{port}")


def fill_runs(folder: Path, count: int, *, experiment: str = "", metric_names: int = METRICS) -> int:
    """Writes ``count`` runs with the same parameters and metrics as the components of ``components.fill``.

    experiment: a new one; MLflow's default one where it is empty. Returns its id.
    """
    chosen = random.Random(count)
    database = sqlite3.connect(folder / "mlflow.db", timeout=60)
    owner = _experiment(database, experiment) if experiment else 0
    for first in range(0, count, AT_ONCE):
        with database:
            numbers = range(first, min(first + AT_ONCE, count))
            _fill_some(database, owner, numbers, metric_names, chosen)
    database.close()
    return owner


def fill_histories(folder: Path, experiment: str, runs: int, points: int) -> int:
    """Writes an experiment of runs with the curves of ``curves.py``. Returns its id."""
    database = sqlite3.connect(folder / "mlflow.db", timeout=60)
    # Nobody needs these rows after a crash.
    database.execute("PRAGMA synchronous = OFF")
    owner = _experiment(database, experiment)
    length_ms = round(1_000 * points * STEP_S)
    with database:
        _insert_runs(database, owner, range(runs))
        with _without_indexes(database, "metrics"):
            for number in range(runs):
                # One run after the other, in the order of the table's key: else each row goes to another
                # place of a table of gigabytes. SQLite takes rows from JSON faster than from executemany.
                database.execute(
                    HISTORY,
                    {
                        "key": METRIC,
                        "run": run_id(owner, number),
                        "began": BEGAN_MS + number * length_ms,
                        "each": round(1_000 * STEP_S),
                        "curve": json.dumps(loss_curve(number, points).tolist()),
                    },
                )
        database.execute(LATEST, {"key": METRIC, "step": points - 1})
    database.close()
    return owner


METRIC_COLUMNS = "key, value, timestamp, step, is_nan, run_uuid"
HISTORY = f"""INSERT INTO metrics ({METRIC_COLUMNS})
    SELECT :key, value, :began + :each * key, key, 0, :run FROM json_each(:curve)"""
LATEST = f"""INSERT INTO latest_metrics ({METRIC_COLUMNS})
    SELECT {METRIC_COLUMNS} FROM metrics WHERE key = :key AND step = :step"""


@contextlib.contextmanager
def _without_indexes(database: sqlite3.Connection, table: str) -> Iterator[None]:
    """Makes the indexes of a table anew after the block: faster than to keep them while rows are added."""
    found = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?",
        [table],
    ).fetchall()
    for name, _ in found:
        database.execute(f"DROP INDEX {name}")
    yield
    for _, sql in found:
        database.execute(sql)


def run_id(experiment: int, number: int) -> str:
    return f"{experiment:08x}{number:024x}"


def _experiment(database: sqlite3.Connection, name: str) -> int:
    columns = "name artifact_location lifecycle_stage creation_time last_update_time"
    with database:
        _insert(database, "experiments", columns, [(name, "/bench", "active", BEGAN_MS, BEGAN_MS)])
        (found,) = database.execute("SELECT experiment_id FROM experiments WHERE name = ?", [name]).fetchone()
    return int(found)


def _fill_some(
    database: sqlite3.Connection, owner: int, numbers: range, metric_names: int, chosen: random.Random
) -> None:
    params, metrics = [], []
    for number in numbers:
        run = run_id(owner, number)
        params += [(f"p{index}", str(chosen.random()), run) for index in range(15)]
        params += [(f"p{index}", chosen.choice(OPTIMIZERS), run) for index in range(15, PARAMETERS)]
        metrics += [
            (f"m{index}", chosen.random(), BEGAN_MS, 1, False, run)
            for index in metrics_of(number, metric_names)
        ]
    _insert_runs(database, owner, numbers)
    _insert(database, "params", "key value run_uuid", params)
    _insert(database, "latest_metrics", "key value timestamp step is_nan run_uuid", metrics)


def _insert_runs(database: sqlite3.Connection, owner: int, numbers: Iterable[int]) -> None:
    runs, tags = [], []
    for number in numbers:
        run, name, at = run_id(owner, number), f"run {number}", BEGAN_MS + number
        runs.append((run, name, "LOCAL", "", "bench", "FINISHED", at, at, "active", f"/{run}", owner))
        # The page fails on a run without tags; every client writes these.
        tags += [("mlflow.runName", name, run), ("mlflow.user", "bench", run)]
    _insert(database, "runs", RUN_COLUMNS, runs)
    _insert(database, "tags", "key value run_uuid", tags)


def _insert(database: sqlite3.Connection, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    names = columns.split()
    marks = ", ".join("?" for _ in names)
    database.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
