"""Watches an Autopilot job until it ends: a live table of its candidates and the best so far.

At the end it prints all candidates and where the best one is. Without a terminal, each candidate that ends is
one line.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import typer

from clary.cli.console import INTERRUPTED, STOPPED, fail, say
from clary.cli.live_table import follow_live, table_screen
from clary.cli.search_details import candidates_of
from clary.cli.tables import print_rows, spelled

if TYPE_CHECKING:
    from rich.console import RenderableType

    from clary.cli.client import ServerConnection

Document = dict[str, Any]

POLL_S = 0.5

MOST_SHOWN = 12
"""Candidates in the live table: those that run, then the best of the others. The end prints all."""

TERMINAL = ("Completed", "Failed", "Stopped")

FINAL = "FinalAutoMLJobObjectiveMetric"

STEPS = {
    "Starting": "it begins",
    "AnalyzingData": "looks at the data",
    "FeatureEngineering": "prepares features",
    "ModelTuning": "trains candidates",
    "GeneratingExplainabilityReport": "reports on the best",
    "GeneratingModelInsightsReport": "reports on the best",
    "DeployingModel": "deploys the best",
}
"""Secondary statuses in words."""

AFTER_CANDIDATES = ("GeneratingExplainabilityReport", "GeneratingModelInsightsReport", "DeployingModel")


def watch_automl(connection: ServerConnection, name: str) -> None:
    """Ends the command with code 1 when the job failed, 3 when it was stopped. Ctrl-C leaves it running."""
    from botocore.exceptions import ClientError

    sagemaker = connection.client("sagemaker")
    try:
        job, candidates = follow_live(lambda show: _follow(sagemaker, name, show), _screen, _CandidateLines())
    except KeyboardInterrupt:
        say(
            f"{name} goes on; follow it again with: clary automl --follow {name}; "
            f"end it with: clary stop {name}"
        )
        raise typer.Exit(INTERRUPTED) from None
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    if candidates:
        print_rows(*table_of(job, candidates))
    _tell_end(name, job)


def _follow(sagemaker: Any, name: str, show: Any) -> tuple[Document, list[Document]]:
    while True:
        job, candidates = read_candidates(sagemaker, name)
        show(job, candidates)
        if job["AutoMLJobStatus"] in TERMINAL:
            return job, candidates
        time.sleep(POLL_S)


def read_candidates(sagemaker: Any, name: str) -> tuple[Document, list[Document]]:
    """The Autopilot job and its candidates, as they are now."""
    return sagemaker.describe_auto_ml_job(AutoMLJobName=name), candidates_of(sagemaker, name)


class _CandidateLines:
    """Prints a line for each step of the job, and for each candidate that has ended."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, job: Document, candidates: list[Document]) -> None:
        if job["AutoMLJobSecondaryStatus"] not in AFTER_CANDIDATES:
            self._tell_step(job)
        for candidate in candidates:
            name = candidate["CandidateName"]
            if candidate["CandidateStatus"] in TERMINAL and name not in self._told:
                self._told.add(name)
                said = _value(candidate) or candidate.get("FailureReason", "no value").partition("\n")[0]
                say(f"{name}: {candidate['CandidateStatus']}: {said}")
        # What follows the candidates stands below the last of them.
        self._tell_step(job)

    def _tell_step(self, job: Document) -> None:
        step = STEPS.get(job["AutoMLJobSecondaryStatus"], "")
        if step and step not in self._told:
            self._told.add(step)
            say(f"{job['AutoMLJobName']}: {step}")


def table_of(job: Document, candidates: list[Document]) -> tuple[list[str], list[list[str]]]:
    """The titles and rows of a table of candidates, with all metrics of the validation data."""
    best = job.get("BestCandidate", {}).get("CandidateName")
    metric = _metric(job)
    measured = [_validation(candidate) for candidate in candidates]
    further = [name for name in dict.fromkeys(name for each in measured for name in each) if name != metric]
    rows = [
        [
            candidate["CandidateName"] + (" *" if candidate["CandidateName"] == best else ""),
            candidate["CandidateStatus"],
            _value(candidate),
            *(spelled(values[name]) if name in values else "" for name in further),
        ]
        for candidate, values in zip(candidates, measured, strict=True)
    ]
    return ["CANDIDATE", "STATUS", metric, *further], rows


def shown(candidates: list[Document], most: int = MOST_SHOWN) -> list[Document]:
    """The candidates of the live table: those that run, then those with the best values."""
    running = [each for each in candidates if each["CandidateStatus"] not in TERMINAL]
    valued = [each for each in candidates if FINAL in each and each not in running]
    rest = [each for each in candidates if each not in running and each not in valued]
    valued.sort(key=lambda each: each[FINAL]["Value"] * (-1 if each[FINAL]["Type"] == "Maximize" else 1))
    return [*running, *valued, *rest][:most]


def _screen(job: Document, candidates: list[Document]) -> RenderableType:
    return table_screen(*table_of(job, shown(candidates)), _progress(job, candidates))


def _progress(job: Document, candidates: list[Document]) -> str:
    most = job.get("ResolvedAttributes", {}).get("CompletionCriteria", {}).get("MaxCandidates")
    statuses = [candidate["CandidateStatus"] for candidate in candidates]
    ended = sum(status in TERMINAL for status in statuses)
    failed = statuses.count("Failed")
    told = [
        STEPS.get(job["AutoMLJobSecondaryStatus"], job["AutoMLJobSecondaryStatus"]),
        (f"{ended} of {most} candidates" if most else f"{ended} candidates") if candidates else "",
        f"{failed} failed" if failed else "",
        f"best {_metric(job)} {_value(job['BestCandidate'])}" if "BestCandidate" in job else "",
    ]
    return f"{job['AutoMLJobName']}: " + ", ".join(text for text in told if text)


def _tell_end(name: str, job: Document) -> None:
    status = job["AutoMLJobStatus"]
    for partial in job.get("PartialFailureReasons", ()):
        say(f"  {partial['PartialFailureMessage'].partition(chr(10))[0]}")
    best = job.get("BestCandidate")
    if best is not None:
        found = best["CandidateName"]
        say(f"best: {found}, {_metric(job)} = {_value(best)}")
        say(f"  its model: clary show {found}; serve it: clary deploy {found}")
        for report in best["CandidateProperties"].get("CandidateArtifactLocations", {}).values():
            say(f"  report: {report}")
    for notebook in job.get("AutoMLJobArtifacts", {}).values():
        say(f"  notebook: {notebook}")
    if "ModelDeployResult" in job:
        say(f"  endpoint: {job['ModelDeployResult']['EndpointName']}; ask it with: clary predict")
    if status == "Failed":
        fail(f"{name} failed: {job.get('FailureReason', 'no reason was given')}")
    if status == "Stopped":
        fail(f"{name} was stopped", STOPPED)
    say(f"{name}: {job['AutoMLJobSecondaryStatus']}")


def _metric(job: Document) -> str:
    resolved = job.get("ResolvedAttributes", {}).get("AutoMLJobObjective", {})
    return str(resolved.get("MetricName") or job.get("AutoMLJobObjective", {}).get("MetricName", "value"))


def _value(candidate: Document) -> str:
    return spelled(candidate[FINAL]["Value"]) if FINAL in candidate else ""


def _validation(candidate: Document) -> dict[str, float]:
    metrics = candidate.get("CandidateProperties", {}).get("CandidateMetrics", ())
    return {each["StandardMetricName"]: each["Value"] for each in metrics if each["Set"] == "Validation"}
