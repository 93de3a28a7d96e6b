"""A tuning job's record, and a stand-in for the loop that answers its questions and ends its jobs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.kinds.examples import EXAMPLES

from clary.kinds.catalogue import all_kinds
from clary.kinds.decision import Decision, Seen
from clary.kinds.hyper_parameter_tuning_job import KIND
from clary.kinds.hyper_parameter_tuning_job.state import follows, next_state, series
from clary.kinds.records import create_record
from clary.services.context import Context

Document = dict[str, Any]

KIND_NAME = KIND.record_kind
NAME = "Digits"
JOB = "training-job"


def request(**changes: Any) -> Document:
    """The example with changes: ``ResourceLimits__MaxParallelTrainingJobs=3`` changes a member of its config.

    A path that begins with a member of the request changes that one; None removes a member.
    """
    found = copy.deepcopy(EXAMPLES[KIND_NAME])
    for path, value in changes.items():
        *above, last = path.split("__")
        tops = {*found, "Autotune", "Tags", "TrainingJobDefinitions", "WarmStartConfig"}
        inner = found if (above or [last])[0] in tops else found["HyperParameterTuningJobConfig"]
        for member in above:
            inner = inner.setdefault(member, {})
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return found


def made(ctx: Context, **changes: Any) -> Document:
    """The record of a new tuning job."""
    wishes = request(**changes)
    create_record(ctx, all_kinds()[KIND_NAME], wishes)
    return ctx.records.get(KIND_NAME, wishes["HyperParameterTuningJobName"])


@dataclass
class Life:
    """The record, changed as the loop changes it, and its training jobs."""

    record: Document
    now: float = 0.0
    jobs: dict[str, Document] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.record["CreationTime"]

    def step(self) -> Decision:
        """One step of the loop."""
        found: dict[tuple[str, str], Document | None] = {
            key: self.jobs.get(key[1]) for key in follows(self.record)
        }
        by_arn = {
            f"{self.record['HyperParameterTuningJobArn'].rpartition(':')[0]}:{JOB}/{name.lower()}": curve
            for name, curve in self.curves.items()
        }
        seen_series = {key: by_arn[key[0]] for key in series(self.record) if key[0] in by_arn}
        seen = Seen((), self.refused, found, seen_series, self.answers)
        decision = next_state(self.record, seen, self.now)
        for wish in decision.make:
            self.jobs[wish.request["TrainingJobName"]] = {**wish.request, "TrainingJobStatus": "InProgress"}
        for stop in decision.stop:
            self.stopped.append(stop.name)
        self.record = {**self.record, **decision.changes}
        if decision.ask is not None:
            self.asked.append(decision.ask.name)
            self.answers = {decision.ask.name: decision.ask.work()}
        return decision

    def settle(self) -> Decision:
        """Steps until nothing happens any more."""
        while True:
            decision = self.step()
            if not decision.writes and decision.ask is None:
                return decision
            if decision.finished:
                return decision

    @property
    def running(self) -> list[str]:
        return [name for name, job in self.jobs.items() if job["TrainingJobStatus"] == "InProgress"]

    def end(self, name: str, value: float | None = None, status: str = "Completed", **members: Any) -> None:
        """The end of a training job. value: the last of its objective."""
        self.now += 1.0
        metrics = [] if value is None else [{"MetricName": "loss", "Value": value, "Timestamp": self.now}]
        self.jobs[name] |= {
            "TrainingJobStatus": status,
            "TrainingEndTime": self.now,
            "FinalMetricDataList": metrics,
            **members,
        }

    def run(self, objective: Callable[[Mapping[str, str]], float]) -> None:
        """Runs to the end. objective: from the hyperparameters of a trial to its value."""
        while not self.settle().finished:
            name = self.running[0]
            self.end(name, objective(self.jobs[name]["HyperParameters"]))
