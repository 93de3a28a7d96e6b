"""Servers for one model that people use today, each with one worker: how each is started, and asked."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.bench import CLIENTS, run_client
from bench.harness.environments import environment
from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ, free_port, running, wait_until_answered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BARE, LITSERVE, MLFLOW = "bare uvicorn", "LitServe", "mlflow models serve"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that all contestants serve. module: of ``clients/``, which makes and asks it.

    borrows: the family of Clary's environments whose packages the peers use as well; empty when their own
    have what the model needs. So nobody downloads PyTorch again, and all measure the same build of it.
    """

    name: str
    module: str
    image: str
    rows: tuple[tuple[float, ...], ...]
    borrows: str = ""


IRIS = ServedModel("iris", "iris_model", "sagemaker-scikit-learn:1.2-1", ((5.1, 3.5, 1.4, 0.2),))
DIGITS = ServedModel(
    "digits",
    "digits_network",
    "pytorch-inference:2.13.0-cpu-py311",
    (tuple(number / 64 for number in range(64)),),
    borrows="pytorch-training-2.13.0-py3.11",
)


@dataclass(frozen=True, slots=True)
class Predicting:
    """A server that answers predictions. start_s: from its start to its first answer.

    pids: the processes that are there for this model, without their descendants.
    """

    pids: tuple[int, ...]
    host: str
    port: int
    head: str
    body: str
    start_s: float


@contextlib.contextmanager
def peer_model_server(who: str, model: ServedModel, folder: Path) -> Iterator[Predicting]:
    """Serves a model. Raises peers.PeerMissing."""
    binaries = peer_environment("mlflow" if who == MLFLOW else "litserve")
    home = folder / who.replace(" ", "-")
    home.mkdir()
    environ = {
        **clean_environ(),
        "MODEL": model.module,
        "PYTHONPATH": ":".join([str(CLIENTS), *_borrowed(model)]),
        # No line for each request, as Clary writes none.
        "UVICORN_LOG_LEVEL": "warning",
        "PATH": f"{binaries}:{clean_environ()['PATH']}",
    }
    saved = home / "mlflow-model"
    if who == MLFLOW:
        run_client(
            "mlflow_model.py", environ, python=binaries / "python", module=model.module, folder=str(saved)
        )
    port = free_port()
    at = ["--host", "127.0.0.1", "--port", str(port)]
    commands = {
        BARE: [binaries / "python", "-m", "uvicorn", "bare_model:app", *at, "--no-access-log"],
        LITSERVE: [binaries / "python", CLIENTS / "litserve_model.py", str(port)],
        MLFLOW: [
            *(binaries / "mlflow", "models", "serve", "--model-uri", saved, *at),
            *("--env-manager", "local", "--workers", "1"),
        ],
    }
    body = json.dumps({"inputs": model.rows} if who == MLFLOW else model.rows)
    began = time.perf_counter()
    with running([str(part) for part in commands[who]], folder=home, environ=environ) as process:
        wait_until_answered(port, "/health" if who == LITSERVE else "/ping", process)
        start_s = time.perf_counter() - began
        yield Predicting(
            (process.pid,), "127.0.0.1", port, request_head("/invocations", {}, body), body, start_s
        )


def _borrowed(model: ServedModel) -> Iterator[str]:
    """Raises PeerMissing when Clary has no environment to borrow from."""
    if not model.borrows:
        return
    [packages] = (environment(model.borrows) / "lib").glob("python*/site-packages")
    yield str(packages)


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
