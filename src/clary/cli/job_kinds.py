"""The kinds of jobs that commands show, and the names of their operations and members on the wire."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Document = dict[str, Any]

RUNS = "Runs "
"""The message of a training job's first state begins with this once its environment is known."""


@dataclass(frozen=True, slots=True, eq=False)
class CliKind:
    """title: its name in tables. noun: the part of operations and members that names it (``TrainingJob``)."""

    title: str
    noun: str
    log_group: str
    started: str
    ended: str
    instances: Callable[[Document], list[tuple[int, str]]]
    """Returns (count, type) of each group of instances."""
    why_stopped: Callable[[Document], str]
    """Returns why a job was stopped, as the end of a sentence: who asked for it, or which limit it passed."""

    def name(self, job: Document) -> str:
        return str(job[f"{self.noun}Name"])

    def status(self, job: Document) -> str:
        return str(job[f"{self.noun}Status"])

    def state(self, job: Document) -> str:
        """Returns the secondary status, where it says more than the status; or empty."""
        secondary = job.get("SecondaryStatus", job.get("AutoMLJobSecondaryStatus", ""))
        return "" if secondary == self.status(job) else str(secondary)

    def software(self, job: Document) -> str:
        """Returns the software that its image stands for here; empty when the record does not say."""
        first = job.get("SecondaryStatusTransitions", [{}])[0].get("StatusMessage", "")
        return str(first.removeprefix(RUNS).partition(";")[0]) if first.startswith(RUNS) else ""

    def host_count(self, job: Document) -> int:
        return sum(count for count, _ in self.instances(job))

    def seconds(self, job: Document) -> int | None:
        """Returns how long it ran; None while it runs, and when it never started."""
        if "TrainingTimeInSeconds" in job:
            return int(job["TrainingTimeInSeconds"])
        if self.started not in job or self.ended not in job:
            return None
        worked: datetime.timedelta = job[self.ended] - job[self.started]
        return max(1, round(worked.total_seconds()))

    def describe(self, sagemaker: Any, name: str) -> Document:
        """Raises botocore's ClientError when there is no such job."""
        from botocore import xform_name

        describe = getattr(sagemaker, xform_name(f"Describe{self.noun}"))
        found: Document = describe(**{f"{self.noun}Name": name})
        return found

    def stop(self, sagemaker: Any, name: str) -> None:
        """Raises botocore's ClientError when there is no such job, or it has ended."""
        from botocore import xform_name

        getattr(sagemaker, xform_name(f"Stop{self.noun}"))(**{f"{self.noun}Name": name})

    def newest(self, sagemaker: Any, limit: int | None, **filters: Any) -> Iterator[Document]:
        """Yields summaries, newest first."""
        from botocore import xform_name

        pages = sagemaker.get_paginator(xform_name(f"List{self.noun}s")).paginate(
            **filters,
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"MaxItems": limit, "PageSize": min(limit or 100, 100)},
        )
        for page in pages:
            yield from page[f"{self.noun}Summaries"]


def _training_instances(job: Document) -> list[tuple[int, str]]:
    resources = job["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [resources]
    return [(group["InstanceCount"], group["InstanceType"]) for group in groups]


def _processing_instances(job: Document) -> list[tuple[int, str]]:
    cluster = job["ProcessingResources"]["ClusterConfig"]
    if "SelectedInstanceType" in cluster:
        return [(cluster["SelectedInstanceCount"], cluster["SelectedInstanceType"])]
    return [(cluster["InstanceCount"], cluster["InstanceType"])]


def _transform_instances(job: Document) -> list[tuple[int, str]]:
    resources = job["TransformResources"]
    return [(resources["InstanceCount"], resources["InstanceType"])]


def _why_training_stopped(job: Document) -> str:
    transitions = job["SecondaryStatusTransitions"]
    if transitions[-1]["Status"] == "MaxRuntimeExceeded":
        limit_s = job["StoppingCondition"]["MaxRuntimeInSeconds"]
        return f"it ran longer than its MaxRuntimeInSeconds ({limit_s} s)"
    said = [step["StatusMessage"] for step in transitions if step["Status"] in ("Stopping", "Stopped")]
    return _asked(said[0])


def _why_processing_stopped(job: Document) -> str:
    return str(job.get("FailureReason") or _asked(job.get("ExitMessage", "")))


def _asked(message: str) -> str:
    """``Stopping the training job, as user ann asked`` leaves ``user ann asked``."""
    _, separator, who = message.partition(", as ")
    return who if separator else "somebody asked"


TRAINING = CliKind(
    "training",
    "TrainingJob",
    "/aws/sagemaker/TrainingJobs",
    "TrainingStartTime",
    "TrainingEndTime",
    _training_instances,
    _why_training_stopped,
)
PROCESSING = CliKind(
    "processing",
    "ProcessingJob",
    "/aws/sagemaker/ProcessingJobs",
    "ProcessingStartTime",
    "ProcessingEndTime",
    _processing_instances,
    _why_processing_stopped,
)
TRANSFORM = CliKind(
    "transform",
    "TransformJob",
    "/aws/sagemaker/TransformJobs",
    "TransformStartTime",
    "TransformEndTime",
    _transform_instances,
    # AWS has no member for the caller.
    lambda job: _asked(""),
)
TUNING = CliKind(
    "tuning",
    "HyperParameterTuningJob",
    # It has no hosts, so no log: its training jobs have.
    "",
    "CreationTime",
    "HyperParameterTuningEndTime",
    lambda job: [],
    lambda job: _asked(""),
)

AUTOPILOT = CliKind(
    "autopilot",
    "AutoMLJob",
    # As with tuning jobs.
    "",
    "CreationTime",
    "EndTime",
    lambda job: [],
    lambda job: _asked(""),
)

RUNNING = (TRAINING, PROCESSING, TRANSFORM)
"""Those that run on instances."""
SEARCHES = (TUNING, AUTOPILOT)
"""Those that are done by other jobs."""
KINDS = (*RUNNING, *SEARCHES)
