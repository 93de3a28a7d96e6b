"""The book of a tuning job's trials, and what it says of the whole: counters and the best trial.

A trial is the summary that ListTrainingJobsForHyperParameterTuningJob answers, without the members that are
the same in all trials (``summary`` adds them), and with the private members

    _Marks    what early stopping compares of an ended trial (``early_stopping.py``)
    _Stopped  whether this tuning job has asked for its end
    _Silent   why a completed trial has no value, if its metric was never logged
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import Arn
from clary.kinds.kind import ENDED

from .definitions import definitions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clary.kinds.stores import Document

    from .definitions import Definition

JOB = "training-job"

FINAL = "FinalHyperParameterTuningJobObjectiveMetric"


def new_trial(name: str, definition: Definition, tuned: Mapping[str, str], now: float) -> Document:
    """The entry of a trial whose training job is being made."""
    trial: Document = {
        "TrainingJobName": name,
        "CreationTime": now,
        "TrainingJobStatus": "InProgress",
        "ObjectiveStatus": "Pending",
        "TunedHyperParameters": dict(tuned),
    }
    return trial | ({"TrainingJobDefinitionName": definition.name} if definition.name else {})


def is_at_work(trial: Document) -> bool:
    return trial["TrainingJobStatus"] not in ENDED


def value_of(trial: Document) -> float | None:
    """The final value of its objective; None without one."""
    return trial[FINAL]["Value"] if FINAL in trial and trial["ObjectiveStatus"] == "Succeeded" else None


def settled(trial: Document, job: Document | None, definition: Definition, now: float) -> Document:
    """The entry of a trial after its training job has ended, or was deleted (None)."""
    if job is None:
        reason = "The training job was deleted before its end was seen."
        gone = {"TrainingJobStatus": "Stopped", "ObjectiveStatus": "Failed", "FailureReason": reason}
        return {**trial, **gone, "TrainingEndTime": now}
    status = job["TrainingJobStatus"]
    times = ("TrainingStartTime", "TrainingEndTime", "FailureReason")
    entry = {**trial, "TrainingJobStatus": status, **{each: job[each] for each in times if each in job}}
    entry.setdefault("TrainingEndTime", now)
    value = _final_value(job, definition.metric)
    if value is None or status == "Failed":
        silent = status == "Completed" and definition.metric not in job.get("_NotFinite", ())
        return {**entry, "ObjectiveStatus": "Failed"} | (
            {"_Silent": _why_silent(job, definition)} if silent else {}
        )
    kind = "Maximize" if definition.maximize else "Minimize"
    metric = {"Type": kind, "MetricName": definition.metric, "Value": value}
    return {**entry, "ObjectiveStatus": "Succeeded", FINAL: metric}


def standing(record: Document, trials: Sequence[Document]) -> Document:
    """The members of a tuning job that say how it stands."""
    statuses = [trial["TrainingJobStatus"] for trial in trials]
    objectives = [trial["ObjectiveStatus"] for trial in trials]
    found: Document = {
        "TrainingJobStatusCounters": {
            "Completed": statuses.count("Completed"),
            "InProgress": sum(status not in ENDED for status in statuses),
            "RetryableError": 0,
            "NonRetryableError": statuses.count("Failed"),
            "Stopped": statuses.count("Stopped"),
        },
        "ObjectiveStatusCounters": {
            status: objectives.count(status) for status in ("Succeeded", "Pending", "Failed")
        },
    }
    maximize = definitions_of(record)[0].maximize
    best = best_of(trials, maximize)
    if best is not None:
        found["BestTrainingJob"] = summary(record, best)
        found["TuningJobCompletionDetails"] = {
            **record.get("TuningJobCompletionDetails", {}),
            "NumberOfTrainingJobsObjectiveNotImproving": _since_best(trials, best),
        }
    if record.get("WarmStartConfig", {}).get("WarmStartType") == "IdenticalDataAndAlgorithm":
        known = [parent["Best"] for parent in record["_Parents"] if parent["Best"]]
        overall = best_of([*known, *([found["BestTrainingJob"]] if best else [])], maximize)
        if overall is not None:
            found["OverallBestTrainingJob"] = overall
    return found


def best_of(trials: Iterable[Document], maximize: bool) -> Document | None:
    """The first trial that has the best value; None when none has a value."""
    valued = [(value, trial) for trial in trials if (value := value_of(trial)) is not None]
    if not valued:
        return None
    best = (max if maximize else min)(value for value, _ in valued)
    return next(trial for value, trial in valued if value == best)


def summary(record: Document, trial: Document) -> Document:
    """A trial as AWS answers it."""
    public: dict[str, Any] = {member: value for member, value in trial.items() if not member.startswith("_")}
    arn = Arn.parse(record["HyperParameterTuningJobArn"])
    job = f"{JOB}/{trial['TrainingJobName'].lower()}"
    return {
        **public,
        "TrainingJobArn": str(Arn(arn.service, arn.region, arn.account, job)),
        "TuningJobName": record["HyperParameterTuningJobName"],
    }


def in_order_of_end(trials: Iterable[Document]) -> list[Document]:
    """The trials that have ended."""
    return sorted(
        (trial for trial in trials if not is_at_work(trial)),
        key=lambda trial: (trial["TrainingEndTime"], trial["TrainingJobName"]),
    )


def _since_best(trials: Sequence[Document], best: Document) -> int:
    """How many trials have ended since the best one without a better value."""
    ended = [trial["TrainingJobName"] for trial in in_order_of_end(trials)]
    return len(ended) - 1 - ended.index(best["TrainingJobName"])


def _why_silent(job: Document, definition: Definition) -> str:
    expressions = {
        each["Name"]: each["Regex"] for each in job["AlgorithmSpecification"].get("MetricDefinitions", ())
    }
    expression = expressions.get(definition.metric, "")
    return (
        f"No objective metrics found: {job['TrainingJobName']} completed, but no line of its log matched the "
        f"regular expression {expression!r} of {definition.metric!r}. Correct it, or print the metric."
    )


def _final_value(job: Document, metric: str) -> float | None:
    for final in job.get("FinalMetricDataList", ()):
        if final["MetricName"] == metric:
            return float(final["Value"])
    return None
