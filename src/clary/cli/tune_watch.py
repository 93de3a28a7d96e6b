"""Watches a tuning job until it ends: a live table of its trials and the best so far, then the result.

Without a terminal, each trial that ends is one line.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import typer

from clary.cli.console import INTERRUPTED, STOPPED, fail, say
from clary.cli.live_table import follow_live, table_screen
from clary.cli.tables import print_rows, spelled

if TYPE_CHECKING:
    from rich.console import RenderableType

    from clary.cli.client import ServerConnection

Document = dict[str, Any]

POLL_S = 0.5

MOST_SHOWN = 12
"""Trials in the live table: those that run, then the best of the others. The end prints all."""

TERMINAL = ("Completed", "Failed", "Stopped")

FINAL = "FinalHyperParameterTuningJobObjectiveMetric"


def watch_tuning(connection: ServerConnection, name: str) -> None:
    """Ends the command with code 1 when the job failed, 3 when it was stopped. Ctrl-C leaves it running."""
    from botocore.exceptions import ClientError

    sagemaker = connection.client("sagemaker")
    try:
        job, trials = follow_live(lambda show: _follow(sagemaker, name, show), _screen, _TrialLines())
    except KeyboardInterrupt:
        say(
            f"{name} goes on; follow it again with: clary tune --follow {name}; "
            f"end it with: clary stop {name}"
        )
        raise typer.Exit(INTERRUPTED) from None
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    print_rows(*table_of(job, trials))
    _tell_end(name, job)


def _follow(sagemaker: Any, name: str, show: Any) -> tuple[Document, list[Document]]:
    while True:
        job, trials = read_trials(sagemaker, name)
        show(job, trials)
        if job["HyperParameterTuningJobStatus"] in TERMINAL:
            return job, trials
        time.sleep(POLL_S)


def read_trials(sagemaker: Any, name: str) -> tuple[Document, list[Document]]:
    """The tuning job and its trials, as they are now."""
    job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name, PaginationConfig={"PageSize": 100}
    )
    return job, [trial for page in pages for trial in page["TrainingJobSummaries"]]


class _TrialLines:
    """Prints a line for each trial that has ended."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, job: Document, trials: list[Document]) -> None:
        for trial in trials:
            name = trial["TrainingJobName"]
            if trial["TrainingJobStatus"] in TERMINAL and name not in self._told:
                self._told.add(name)
                said = _value(trial) or trial.get("FailureReason", "no value").partition("\n")[0]
                say(f"{name}: {trial['TrainingJobStatus']}: {said}")


def table_of(job: Document, trials: list[Document]) -> tuple[list[str], list[list[str]]]:
    """The titles and rows of a table of trials; the best has a star."""
    names = list(dict.fromkeys(name for trial in trials for name in trial["TunedHyperParameters"]))
    best = job.get("BestTrainingJob", {}).get("TrainingJobName")
    titles = ["TRIAL", "STATUS", _metric(job), *names]
    rows = [
        [
            trial["TrainingJobName"] + (" *" if trial["TrainingJobName"] == best else ""),
            trial["TrainingJobStatus"],
            _value(trial),
            *(_short(trial["TunedHyperParameters"].get(name, "")) for name in names),
        ]
        for trial in trials
    ]
    return titles, rows


def shown(job: Document, trials: list[Document], most: int = MOST_SHOWN) -> list[Document]:
    """The trials of the live table: those that run, then those with the best values."""
    objective = _objective(job)
    sign = -1 if objective.get("Type") == "Maximize" else 1
    running = [trial for trial in trials if trial["TrainingJobStatus"] not in TERMINAL]
    valued = [trial for trial in trials if FINAL in trial and trial not in running]
    rest = [trial for trial in trials if trial not in running and trial not in valued]
    valued.sort(key=lambda trial: sign * trial[FINAL]["Value"])
    return [*running, *valued, *rest][:most]


def _screen(job: Document, trials: list[Document]) -> RenderableType:
    return table_screen(*table_of(job, shown(job, trials)), _progress(job, trials))


def _progress(job: Document, trials: list[Document]) -> str:
    counters = job["TrainingJobStatusCounters"]
    most = job["HyperParameterTuningJobConfig"]["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    ended = len(trials) - counters["InProgress"]
    told = [
        f"{ended} of {most} trials" if most else f"{ended} trials",
        f"{counters['InProgress']} running",
        f"{counters['NonRetryableError']} failed" if counters["NonRetryableError"] else "",
        f"best {_metric(job)} {_value(job['BestTrainingJob'])}" if "BestTrainingJob" in job else "",
    ]
    return f"{job['HyperParameterTuningJobName']}: " + ", ".join(text for text in told if text)


def _tell_end(name: str, job: Document) -> None:
    status = job["HyperParameterTuningJobStatus"]
    best = job.get("BestTrainingJob")
    if best is not None:
        found = best["TrainingJobName"]
        say(f"best: {found}, {_metric(job)} = {_value(best)}")
        say(f"  its model: clary show {found}; serve it: clary deploy {found}")
    if status == "Failed":
        fail(f"{name} failed: {job.get('FailureReason', 'no reason was given')}")
    if status == "Stopped":
        fail(f"{name} was stopped", STOPPED)
    say(f"{name}: Completed")


def _objective(job: Document) -> Document:
    config: Document = job["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
    several = job.get("TrainingJobDefinitions", [{}])[0].get("TuningObjective", {})
    return config or several


def _metric(job: Document) -> str:
    return str(_objective(job).get("MetricName", "value"))


def _value(trial: Document) -> str:
    return spelled(trial[FINAL]["Value"]) if FINAL in trial else ""


def _short(text: str) -> str:
    """A hyperparameter as text: numbers with six digits, and without the quotes that the SDK writes."""
    try:
        return spelled(float(text)) if "." in text or "e" in text else text.strip('"')
    except ValueError:
        return text.strip('"')
