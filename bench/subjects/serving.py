"""Predictions of a small scikit-learn model: how many a second, and how long each takes."""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil

from bench.harness.bench import run_client
from bench.harness.jobs import BUCKET, Jobs
from bench.harness.model_servers import (
    BARE,
    LITSERVE,
    MLFLOW,
    ROWS,
    Predicting,
    peer_model_server,
    request_head,
)
from bench.harness.processes import memory_mb
from bench.harness.requests import percentile, signed
from bench.harness.results import CLARY, Result
from bench.harness.servers import Served, clary_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.harness.bench import Bench

CONNECTIONS = (1, 8, 64)
SECONDS = 3.0
NAME = "iris"
IMAGE = "sagemaker-scikit-learn:1.2-1"
BUILD_S = 900.0
START = "start to the first answer"
INFERENCE = b"""from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def model_fn(model_dir):
    return LogisticRegression(max_iter=1000).fit(*load_iris(return_X_y=True))
"""


def measure(bench: Bench) -> Result:
    result = Result("Predictions of a scikit-learn model, one worker each")
    with contextlib.ExitStack() as stack:
        clary = stack.enter_context(clary_server(bench.folder))
        servers = {CLARY: _deploy(clary)}
        for who in (BARE, LITSERVE, MLFLOW) if bench.with_peers else (BARE,):
            servers[who] = stack.enter_context(peer_model_server(who, bench.folder))
        for who, server in servers.items():
            result.add(START, who, "s", [server.start_s])
        for connections in CONNECTIONS:
            turns = {who: _turn(server, connections) for who, server in servers.items()}
            for who, seen in bench.in_turns(turns, result.notes).items():
                for what, unit, values in _rows(connections, seen):
                    result.add(what, who, unit, values)
        result.notes.append(
            f"a prediction takes {_cpu_us(clary, servers[CLARY]):.0f} us of CPU of Clary's server, beside "
            f"its host; server and agents at rest have {memory_mb(clary.pid)[0]:.0f} MB"
        )
    _budgets(result)
    result.notes.append("InService counts for Clary's start: staging, sandbox, model, first /ping")
    return result


def _deploy(clary: Served) -> Predicting:
    """An endpoint in service. The environment of its image is built first, and does not count."""
    jobs = Jobs.on(clary)
    sagemaker = jobs.sagemaker
    archive = _archive({"code/inference.py": INFERENCE})
    jobs.s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=archive)
    container = {
        "Image": IMAGE,
        "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        },
    }
    assert clary.connection is not None
    role = f"arn:aws:iam::{clary.connection.account}:role/ClaryExecutionRole"
    sagemaker.create_model(ModelName=NAME, PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": NAME,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=NAME, ProductionVariants=[variant])
    # Twice: the first may have to build the environment.
    for name in ("first", NAME):
        began = time.perf_counter()
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=NAME)
        _wait_in_service(sagemaker, name)
        start_s = time.perf_counter() - began
    sagemaker.delete_endpoint(EndpointName="first")
    path = f"/endpoints/{NAME}/invocations"
    request = signed(clary, path, ROWS)
    parts = urlsplit(clary.url)
    assert parts.hostname is not None
    assert parts.port is not None
    headers = {"host": parts.netloc, "accept": "application/json", **request.headers}
    body = request.body.decode()
    return Predicting(clary.pid, parts.hostname, parts.port, request_head(path, headers, body), body, start_s)


def _wait_in_service(sagemaker: Any, name: str) -> None:
    until = time.monotonic() + BUILD_S
    while (seen := sagemaker.describe_endpoint(EndpointName=name))["EndpointStatus"] == "Creating":
        if time.monotonic() > until:
            raise RuntimeError(f"the endpoint {name} was not in service after {BUILD_S:.0f} s")
        time.sleep(0.01)
    if seen["EndpointStatus"] != "InService":
        raise RuntimeError(f"the endpoint {name} is {seen['EndpointStatus']}: {seen.get('FailureReason')}")


def _archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _turn(server: Predicting, connections: int) -> Callable[[], dict[str, Any]]:
    return lambda: _load(server, connections)


def _load(server: Predicting, connections: int) -> dict[str, Any]:
    found: dict[str, Any] = run_client(
        "predictions.py",
        dict(os.environ),
        host=server.host,
        port=server.port,
        head=server.head,
        body=server.body,
        connections=connections,
        seconds=SECONDS,
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


def _cpu_us(clary: Served, server: Predicting) -> float:
    """The CPU of the server's process for one prediction, in microseconds, without that of its host."""
    process = psutil.Process(clary.pid)
    before = process.cpu_times()
    found = _load(server, 8)
    after = process.cpu_times()
    return 1e6 * (after.user - before.user + after.system - before.system) / len(found["seconds"])


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
