"""Servers for one model that people use today, each with one worker: how each is started, and asked."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.bench import CLIENTS, run_client
from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ, free_port, running, wait_until_answered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = [[5.1, 3.5, 1.4, 0.2]]
BARE, LITSERVE, MLFLOW = "bare uvicorn", "LitServe", "mlflow models serve"


@dataclass(frozen=True, slots=True)
class Predicting:
    """A server that answers predictions. start_s: from its start to its first answer."""

    pid: int
    host: str
    port: int
    head: str
    body: str
    start_s: float


@contextlib.contextmanager
def peer_model_server(who: str, folder: Path) -> Iterator[Predicting]:
    """Serves the model of ``iris_model.py``, which is trained first. Raises peers.PeerMissing."""
    binaries = peer_environment("mlflow" if who == MLFLOW else "litserve")
    home = folder / who.replace(" ", "-")
    home.mkdir()
    run_client("iris_model.py", clean_environ(), python=binaries / "python", folder=str(home))
    port = free_port()
    environ = {
        **clean_environ(),
        "MODEL": str(home / "model.joblib"),
        "PYTHONPATH": str(CLIENTS),
        # No line for each request, as Clary writes none.
        "UVICORN_LOG_LEVEL": "warning",
        "PATH": f"{binaries}:{clean_environ()['PATH']}",
    }
    at = ["--host", "127.0.0.1", "--port", str(port)]
    commands = {
        BARE: [binaries / "python", "-m", "uvicorn", "bare_iris:app", *at, "--no-access-log"],
        LITSERVE: [binaries / "python", CLIENTS / "litserve_iris.py", str(port)],
        MLFLOW: [
            *(binaries / "mlflow", "models", "serve", "--model-uri", home / "mlflow-model", *at),
            *("--env-manager", "local", "--workers", "1"),
        ],
    }
    body = json.dumps({"inputs": ROWS} if who == MLFLOW else ROWS)
    began = time.perf_counter()
    with running([str(part) for part in commands[who]], folder=home, environ=environ) as process:
        wait_until_answered(port, "/health" if who == LITSERVE else "/ping", process)
        start_s = time.perf_counter() - began
        yield Predicting(
            process.pid, "127.0.0.1", port, request_head("/invocations", {}, body), body, start_s
        )


def request_head(path: str, headers: dict[str, str], body: str) -> str:
    """The head of a POST of JSON."""
    given = {
        "host": "127.0.0.1",
        "content-type": "application/json",
        "content-length": str(len(body)),
        **{name.lower(): value for name, value in headers.items()},
    }
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    )
