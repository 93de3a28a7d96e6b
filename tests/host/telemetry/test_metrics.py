from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin

from clary.domain.identity import Credentials
from clary.host.client.service import Service
from clary.host.telemetry.metrics import MetricShipper
from clary.host.telemetry.spool import Spool

Launch = Callable[..., RunningAgent]
LOSS = (("train:loss", "loss=([0-9.e+-]+)"),)


@pytest.mark.parametrize("fault", ["500", "drop", "lose"])
def test_points_of_log_lines_arrive_once_through_faults(launch: Launch, standin: Standin, fault: str) -> None:
    standin.fault = lambda name, count: fault if name == "PutHostMetrics" and count % 2 == 0 else None

    launch(
        **shell("for i in 1 2 3; do echo epoch $i loss=0.$i; sleep 0.3; done"), metric_definitions=LOSS
    ).wait()

    assert [(name, step, value) for name, _at, step, value in standin.points] == [
        ("train:loss", 0, 0.1),
        ("train:loss", 1, 0.2),
        ("train:loss", 2, 0.3),
    ]


def test_points_a_tracker_writes_in_its_last_moment_arrive(launch: Launch, standin: Standin) -> None:
    line = json.dumps({"MetricName": "loss", "Value": 0.25, "Timestamp": 1700000000.5, "IterationNumber": 3})

    launch(**shell(f"echo '{line}' > $SAGEMAKER_METRICS_DIRECTORY/42.json")).wait()

    assert standin.points == [["loss", 1700000000.5, 3, 0.25]]


def test_a_point_that_the_server_refuses_takes_no_other_with_it(launch: Launch, standin: Standin) -> None:
    standin.refused_metrics = {"bad"}
    lines = [{"MetricName": name, "Value": 1, "Timestamp": 5} for name in ("a", "b", "bad", "c", "d")]
    text = "\n".join(map(json.dumps, lines))

    launch(**shell(f"echo '{text}' > $SAGEMAKER_METRICS_DIRECTORY/42.json")).wait()

    assert [point[0] for point in standin.points] == ["a", "b", "c", "d"]
    assert [line for line in standin.lines if "a point of metric bad was not accepted" in line]
    assert standin.reports[-1]["Outcome"] == "Succeeded"


def test_a_server_that_never_takes_the_points_does_not_keep_the_job(standin: Standin, tmp_path: Path) -> None:
    standin.fault = lambda name, count: "500"
    said: list[str] = []
    service = Service(standin.url, "us-east-1", lambda: Credentials("A", "s"), patience_s=0.0)
    shipper = MetricShipper(service, "job/algo-1", Spool(tmp_path / "spool"), print, said.append)

    shipper.put([("a", 1.0, None, 1.0), ("b", 1.0, None, 1.0)])
    shipper.close()
    service.close()

    assert said == ["Clary: 2 metric points were not accepted: told InternalFailure"]


def test_metrics_of_a_bar_are_read_while_it_runs(launch: Launch, standin: Standin) -> None:
    agent = launch(**shell("printf '\\r 10%% loss=0.5'; sleep 60"), metric_definitions=LOSS)
    until(lambda: len(standin.points) == 1)

    assert standin.lines == [" 10% loss=0.5"]
    agent.process.send_signal(signal.SIGTERM)
    agent.wait()
