"""An Autopilot job's record, and a stand-in for the loop that keeps, answers and ends what it asks for."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from tests.kinds.examples import EXAMPLES

from clary.kinds.automl_job import KIND
from clary.kinds.automl_job.answered import answered
from clary.kinds.automl_job.state import follows, next_state
from clary.kinds.catalogue import all_kinds
from clary.kinds.decision import Decision, FileQuestion, Seen
from clary.kinds.records import create_record
from clary.services.context import Context

Document = dict[str, Any]

KIND_NAME = KIND.record_kind
NAME = "Digits"
PROCESSING, TRAINING, TUNING = "processing-job", "training-job", "hyper-parameter-tuning-job"
STATUS = {
    PROCESSING: "ProcessingJobStatus",
    TRAINING: "TrainingJobStatus",
    TUNING: "HyperParameterTuningJobStatus",
    "endpoint": "EndpointStatus",
}

ENSEMBLE = {
    "version": 1,
    "mode": "ENSEMBLING",
    "problem_type": "BinaryClassification",
    "metric": "F1",
    "candidates": [{"name": f"model-{n}", "hyperparameters": {"family": str(n)}} for n in range(6)],
}
SEARCH = {
    "version": 1,
    "mode": "HYPERPARAMETER_TUNING",
    "problem_type": "Regression",
    "metric": "MSE",
    "pipelines": [{"name": "dpp0", "hyperparameters": {"pca": "no"}}, {"name": "dpp1"}],
    "definitions": [
        {
            "name": f"xgboost-{pipeline}",
            "pipeline": pipeline,
            "hyperparameters": {"rounds": "10"},
            "ranges": {"continuous": [{"name": "eta", "min": 0.01, "max": 1, "scale": "Logarithmic"}]},
        }
        for pipeline in ("dpp0", "dpp1")
    ],
}


def request(**changes: Any) -> Document:
    """The example with changes: ``AutoMLJobConfig__Mode="AUTO"`` changes a member; None removes it."""
    found = copy.deepcopy(EXAMPLES[KIND_NAME])
    for path, value in changes.items():
        *above, last = path.split("__")
        inner = found
        for member in above:
            inner = inner.setdefault(member, {})
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return found


def limited(**criteria: int) -> Document:
    return {"AutoMLJobConfig__CompletionCriteria": criteria}


def made(ctx: Context, **changes: Any) -> Document:
    """The record of a new Autopilot job."""
    wishes = request(**changes)
    create_record(ctx, all_kinds()[KIND_NAME], wishes)
    return ctx.records.get(KIND_NAME, NAME)


@dataclass
class Life:
    """The record, changed as the loop changes it, and the jobs that it made, by their names.

    plan: the content of plan.json. statuses: each secondary status once, in their order.
    """

    record: Document
    plan: Document | bytes | None = field(default_factory=lambda: ENSEMBLE)
    now: float = 0.0
    jobs: dict[str, Document] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.record["CreationTime"]

    def step(self) -> Decision:
        """One step of the loop."""
        found: dict[tuple[str, str], Document | None] = {
            key: self.jobs.get(key[1]) for key in follows(self.record)
        }
        seen = Seen((), self.refused, found, {}, self.answers)
        decision = next_state(self.record, seen, self.now)
        for wish in decision.make:
            kind = all_kinds()[wish.record_kind]
            name = wish.request[kind.name_member]
            assert name not in self.jobs, f"{name} is made twice"
            status = {STATUS[kind.record_kind]: kind.unfinished[0]}
            self.jobs[name] = {**wish.request, **status, "_Trials": []}
        self.written += [new.name for new in decision.write]
        self.stopped += [stop.name for stop in decision.stop]
        self.record = {**self.record, **decision.changes}
        if self.record["AutoMLJobSecondaryStatus"] not in self.statuses[-1:]:
            self.statuses.append(self.record["AutoMLJobSecondaryStatus"])
        if decision.ask is not None:
            assert isinstance(decision.ask, FileQuestion)
            content = json.dumps(self.plan).encode() if isinstance(self.plan, dict) else self.plan
            self.answers = {decision.ask.name: decision.ask.work(content)}
        return decision

    def settle(self) -> Decision:
        """Steps until nothing happens any more."""
        while True:
            decision = self.step()
            if decision.finished or (not decision.writes and decision.ask is None):
                return decision

    def running(self, part: str = "") -> list[str]:
        """The names with ``part`` of the jobs that run."""
        over = ("Completed", "Failed", "Stopped", "InService")
        return [name for name, job in self.jobs.items() if part in name and self._status(job) not in over]

    def end(self, name: str, status: str = "Completed", **members: Any) -> None:
        self.now += 1.0
        job = self.jobs[name]
        job |= {next(member for member in STATUS.values() if member in job): status, **members}

    def train(self, name: str, value: float, logged: str = "validation:f1", **members: Any) -> None:
        """A candidate ends with a model and this value."""
        finals = [
            {"MetricName": each, "Value": value, "Timestamp": self.now}
            for each in (logged, "ObjectiveMetric", "train:accuracy")
        ]
        model = {"S3ModelArtifacts": f"s3://bucket/{name}/model.tar.gz"}
        self.end(name, FinalMetricDataList=finals, ModelArtifacts=model, **members)

    def analysed(self) -> Life:
        """The life with its analysis over, and what follows from it made."""
        self.settle()
        [analysis] = self.running("-pr-1-")
        self.end(analysis)
        self.settle()
        return self

    def described(self) -> Document:
        return answered(self.record)

    @staticmethod
    def _status(job: Document) -> str:
        return str(next(job[member] for member in STATUS.values() if member in job))
