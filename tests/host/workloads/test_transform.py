"""An instance of a batch transform, from its objects to their answers, with a real agent and server."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import RunningAgent, make_spec, until
from tests.host.standin import Standin
from tests.host.workloads.test_serving import ADDRESS, archive, free_port, venv

from clary.domain.hosts import ChannelSpec, ModelSource, ServingSpec, TransformSpec
from clary.host.bounds import NOTE, forget_groups

SUMS = """
import json, os
def model_fn(model_dir):
    return 0
def input_fn(body, kind):
    rows = [[float(field) for field in line.split(",")] for line in body.splitlines()]
    if any(row[0] < 0 for row in rows):
        raise ValueError("negative")
    return rows
def predict_fn(rows, model):
    with open("/opt/ml/sent", "a") as file:
        file.write("%d\\n" % len(rows))
    return [sum(row) for row in rows]
def output_fn(sums, accept):
    return "".join("%g\\n" % each for each in sums), "text/csv"
"""

Transforms = Callable[..., RunningAgent]


@pytest.fixture
def transform(standin: Standin, tmp_path: Path) -> Iterator[Transforms]:
    agents: list[RunningAgent] = []
    standin.put("models", "model.tar.gz", archive(factor="1", code__inference_py=SUMS))

    def start(**changes: Any) -> RunningAgent:
        serving = ServingSpec(models=(ModelSource("s3://models/model.tar.gz"),), port=free_port())
        common = {name: changes.pop(name) for name in ("hosts", "variables") if name in changes}
        spec = TransformSpec(
            serving,
            ChannelSpec("TransformInput", "s3://data/in/"),
            "s3://out/results",
            content_type="text/csv",
            split="Line",
            line_ends=True,
        )
        given: dict[str, Any] = {
            "workload": replace(spec, **changes),
            "environment": venv(),
            "hosts": {"algo-1": ADDRESS},
            "max_runtime_s": float("inf"),
            "cpus": 1,
            **common,
        }
        agents.append(RunningAgent(tmp_path / f"host-{len(agents)}", make_spec(standin, **given)))
        return agents[-1]

    yield start
    for agent in agents:
        if agent.process.poll() is None:
            agent.process.kill()
        agent.process.wait()
        forget_groups(agent.folder / NOTE)


def test_each_object_becomes_an_object_of_answers(transform: Transforms, standin: Standin) -> None:
    standin.put("data", "in/a.csv", b"1,2\n3,4\n")
    standin.put("data", "in/deep/b.csv", b"5,6")

    agent = transform(concurrency=2)

    assert agent.wait(120) == {"ExitCode": 0, "Outcome": "Succeeded"}
    assert standin.objects["out", "results/a.csv.out"] == b"3\n7\n"
    assert standin.objects["out", "results/deep/b.csv.out"] == b"11\n"
    assert any(
        line.startswith("Clary: 1 of 2 objects: s3://data/in/a.csv, 2 records in 1 requests")
        for line in standin.lines
    )
    assert [each["Phase"] for each in standin.reports[-1]["Phases"]] == [
        "Starting",
        "Downloading",
        "Running",
        "Uploading",
        "Done",
    ]


def test_records_are_filtered_joined_and_sent_one_by_one(transform: Transforms, standin: Standin) -> None:
    standin.put("data", "in/a.csv", gzip.compress(b"x,1,2\n\ny,3,4\n"))

    agent = transform(
        compression="Gzip", one_record=True, input_filter="$[1:]", joins_input=True, output_filter="$[0,3]"
    )

    assert agent.wait(120)["Outcome"] == "Succeeded"
    assert standin.objects["out", "results/a.csv.out"] == b"x,3\ny,7\n"
    assert "2 records in 2 requests" in standin.lines[-1]


def test_many_records_keep_their_order(transform: Transforms, standin: Standin) -> None:
    numbers = range(2000)
    standin.put("data", "in/a.csv", "".join(f"{number},1\n" for number in numbers).encode())

    agent = transform(payload_bytes=64, concurrency=4)

    assert agent.wait(120)["Outcome"] == "Succeeded"
    answers = standin.objects["out", "results/a.csv.out"].split()
    assert [float(each) for each in answers] == [number + 1 for number in numbers]


def test_a_record_that_the_model_refuses_is_named(transform: Transforms, standin: Standin) -> None:
    lines = [f"{-1 if number == 42 else 1},2" for number in range(1, 101)]
    standin.put("data", "in/a.csv", b"1,2\n")
    standin.put("data", "in/b.csv", "\n".join(lines).encode())

    agent = transform(retries=0)

    assert agent.wait(120)["Outcome"] == "Failed"
    reason = standin.reports[-1]["Reason"]
    assert reason.startswith(
        "AlgorithmError: s3://data/in/b.csv, line 42: the model answered 500: ValueError"
    )
    assert standin.objects["out", "results/a.csv.out"] == b"3\n"
    assert ("out", "results/b.csv.out") not in standin.objects


def test_data_that_does_not_fit_is_the_callers_mistake(transform: Transforms, standin: Standin) -> None:
    assert transform().wait(120)["Outcome"] == "ClientError"
    assert "no objects under s3://data/in/" in standin.reports[-1]["Reason"]

    standin.put("data", "in/a.csv", b"1,2\n" + b"1" * 100)
    assert transform(payload_bytes=50).wait(120)["Outcome"] == "ClientError"
    assert "s3://data/in/a.csv, line 2 is larger than 50 bytes" in standin.reports[-1]["Reason"]

    assert transform(input_filter="$[7]").wait(120)["Outcome"] == "ClientError"
    assert "s3://data/in/a.csv, line 1: $[7] asks for 7, which is not there" in standin.reports[-1]["Reason"]


def test_a_stop_ends_a_transform(transform: Transforms, standin: Standin) -> None:
    waits = (
        SUMS
        + "import time\ndef predict_fn(rows, model):\n"
        + "    open('/opt/ml/begun', 'w').close()\n    time.sleep(600)\n"
    )
    standin.put("models", "slow.tar.gz", archive(factor="1", code__inference_py=waits))
    standin.put("data", "in/a.csv", b"1,2\n")
    serving = ServingSpec(models=(ModelSource("s3://models/slow.tar.gz"),), port=free_port())
    agent = transform(serving=serving)
    until(lambda: (agent.folder / "ml/begun").exists(), 120)

    agent.process.terminate()

    assert agent.wait(120)["Outcome"] == "Stopped"
    assert ("out", "results/a.csv.out") not in standin.objects


def test_a_server_that_can_not_start_fails_the_transform_with_its_words(
    transform: Transforms, standin: Standin
) -> None:
    broken = archive(factor="1", code__inference_py="raise RuntimeError('no weights')")
    standin.put("models", "broken.tar.gz", broken)
    standin.put("data", "in/a.csv", b"1,2\n")
    serving = ServingSpec(models=(ModelSource("s3://models/broken.tar.gz"),), port=free_port())

    assert transform(serving=serving).wait(120)["Outcome"] == "Failed"
    assert "RuntimeError: no weights" in standin.reports[-1]["Reason"]


DOUBLER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.answer(b"")
    def do_POST(self):
        assert self.headers["Content-Type"] == "text/csv", self.headers
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(b"".join(b"%g\\n" % (2 * float(line)) for line in body.splitlines()))
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
"""


@pytest.mark.parametrize("asks_where", [False, True])
def test_a_pipeline_passes_answers_on(transform: Transforms, standin: Standin, asks_where: bool) -> None:
    import http.server
    import threading

    standin.put("data", "in/a.csv", b"1,2\n3,4\n")
    module: dict[str, Any] = {}
    exec(DOUBLER, module)
    port = free_port()
    second = http.server.ThreadingHTTPServer(("127.9.7.2", port), module["Handler"])
    threading.Thread(target=second.serve_forever, daemon=True).start()
    serving = ServingSpec(models=(ModelSource("s3://models/model.tar.gz"),), port=port)

    agent = transform(
        serving=serving,
        further=("algo-1.container-2",),
        asks_where=asks_where,
        hosts={"algo-1": ADDRESS, "algo-1.container-2": "127.9.9.9" if asks_where else "127.9.7.2"},
    )
    if asks_where:
        until(lambda: "GetHostAddresses" in standin.calls, 120)
        standin.addresses["algo-1.container-2"] = f"127.9.7.2:{port}"

    assert agent.wait(120)["Outcome"] == "Succeeded"
    assert standin.objects["out", "results/a.csv.out"] == b"6\n14\n"
    second.shutdown()
    second.server_close()
