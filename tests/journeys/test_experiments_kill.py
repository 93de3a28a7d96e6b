"""kill -9 during tracking and metrics: every acknowledged write is stored once and whole."""

from __future__ import annotations

import functools
import itertools
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ConnectionError as NotConnected
from botocore.exceptions import HTTPClientError
from tests.journeys.conftest import execution_role
from tests.journeys.jobs import Jobs
from tests.journeys.server import Clients, Server, wait_for

pytestmark = pytest.mark.kill

KILLS = 6

SIZES = (1, 10, 3, 10, 7)
"""Points of a sender's batches, over and over. The operation takes 10."""

EVERY = 1_500
"""Points that are answered between two kills."""


def test_every_job_is_tracked_to_its_end_though_the_server_is_killed(own: Server) -> None:
    clients = own.session(root=True)
    sagemaker = clients("sagemaker")
    clients("s3").create_bucket(Bucket="killed")
    jobs = Jobs(clients, "killed", execution_role(own))
    sagemaker.create_experiment(ExperimentName="killed")
    names = []
    for _ in range(KILLS):
        names.append(
            jobs.create(
                "shading.py",
                hyperparameters={"shade": "blue", "depth": 1},
                ExperimentConfig={"ExperimentName": "killed"},
            )
        )
        # At once: the job is acknowledged, its component is made or is not.
        own.kill()
        own.start()
    for name in names:
        assert jobs.wait(name)["TrainingJobStatus"] == "Completed"

    def statuses() -> dict[str, str]:
        pages = sagemaker.get_paginator("list_trial_components").paginate(ExperimentName="killed")
        return {
            found["TrialComponentName"]: found["Status"]["PrimaryStatus"]
            for page in pages
            for found in page["TrialComponentSummaries"]
        }

    wanted = {f"{name}-aws-training-job": "Completed" for name in names}
    wait_for(lambda: statuses() == wanted, "every component to be completed")
    assert len(sagemaker.list_trials(ExperimentName="killed")["TrialSummaries"]) == 1
    models = sagemaker.list_artifacts(ArtifactType="Model", MaxResults=100)["ArtifactSummaries"]
    assert len(models) == KILLS


@dataclass(slots=True)
class Sender:
    """A client that logs into a series and records acknowledged batches. It sends no batch twice."""

    metrics: Any
    component: str
    first_step: int
    answered: set[int] = field(default_factory=set)
    unanswered: list[range] = field(default_factory=list)
    trouble: list[BaseException] = field(default_factory=list)

    def run(self, up: threading.Event, ended: threading.Event) -> None:
        step = self.first_step
        for size in itertools.cycle(SIZES):
            up.wait()
            if ended.is_set():
                return
            steps = range(step, step + size)
            step += size
            try:
                self._put(steps)
                self.answered.update(steps)
            except (HTTPClientError, NotConnected):
                self.unanswered.append(steps)
            except BaseException as error:
                self.trouble.append(error)
                return

    def _put(self, steps: range) -> None:
        answer = self.metrics.batch_put_metrics(
            TrialComponentName=self.component,
            MetricData=[
                {"MetricName": "loss", "Timestamp": 1_790_000_000 + step % 7, "Step": step, "Value": -step}
                for step in steps
            ],
        )
        assert answer["Errors"] == []


def test_every_answered_point_is_there_once_though_the_server_is_killed(own: Server) -> None:
    clients = own.session(root=True)
    sagemaker = clients("sagemaker")
    arns = {
        name: sagemaker.create_trial_component(TrialComponentName=name)["TrialComponentArn"]
        for name in ("poured-1", "poured-2")
    }
    # Two into each series. A client that tries again by itself may log a batch twice: the operation has
    # no token to know it by, and equal points may well be meant.
    senders = [
        Sender(clients("sagemaker-metrics", retries={"total_max_attempts": 1}), component, number * 1_000_000)
        for number, component in enumerate([*arns, *arns], start=1)
    ]
    up, ended = threading.Event(), threading.Event()
    threads = [threading.Thread(target=sender.run, args=(up, ended)) for sender in senders]
    up.set()
    for thread in threads:
        thread.start()
    try:
        for number in range(1, KILLS + 1):
            answered = functools.partial(_answered, senders, at_least=number * EVERY)
            before = wait_for(answered, "more points to be answered", every_s=0.001)
            own.kill()
            up.clear()
            own.start()
            there = _points(clients, arns)
            assert all(there[component].get(step) == 1 for component, step in before)
            up.set()
    finally:
        ended.set()
        up.set()
        for thread in threads:
            thread.join()

    assert [sender.trouble for sender in senders] == [[]] * len(senders)
    there = _points(clients, arns)
    for component, arn in arns.items():
        its = [sender for sender in senders if sender.component == component]
        wanted = {step for sender in its for step in sender.answered}
        unanswered = [steps for sender in its for steps in sender.unanswered]
        assert all(there[component].get(step) == 1 for step in wanted)
        # Of a batch without an answer all is there or nothing.
        counts = [{there[component].get(step, 0) for step in steps} for steps in unanswered]
        assert all(count in ({0}, {1}) for count in counts)
        whole = wanted.union(*itertools.compress(unanswered, [count == {1} for count in counts]))
        assert set(there[component]) == whole
        (summary,) = sagemaker.describe_trial_component(TrialComponentName=arn)["Metrics"]
        assert (summary["Count"], summary["Max"], summary["Min"]) == (len(whole), -min(whole), -max(whole))
        assert summary["Avg"] == pytest.approx(-sum(whole) / len(whole))


def _answered(senders: list[Sender], at_least: int) -> set[tuple[str, int]]:
    """Returns component and step of every acknowledged point; empty while there are fewer."""
    if sum(len(sender.answered) for sender in senders) < at_least:
        return set()
    # A copy first: its sender goes on meanwhile.
    return {(sender.component, step) for sender in senders for step in sender.answered.copy()}


def _points(clients: Clients, arns: dict[str, str]) -> dict[str, dict[int, int]]:
    """Returns the number of points of each step of each component, by BatchGetMetrics."""
    query = {
        "MetricName": "loss",
        "MetricStat": "Count",
        "Period": "IterationNumber",
        "XAxisType": "IterationNumber",
    }
    results = clients("sagemaker-metrics").batch_get_metrics(
        MetricQueries=[{**query, "ResourceArn": arn} for arn in arns.values()]
    )["MetricQueryResults"]
    return {
        component: dict(zip(found["XAxisValues"], map(int, found["MetricValues"]), strict=True))
        for component, found in zip(arns, results, strict=True)
    }
