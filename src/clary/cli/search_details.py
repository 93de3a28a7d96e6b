"""Tuning and Autopilot jobs for a reader: how far they are, what was asked for and what they have found.

They have no hosts and so no log: their trials and candidates are jobs that have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.cli.job_kinds import AUTOPILOT, SEARCHES, TUNING, CliKind
from clary.cli.tables import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.cli.client import ServerConnection

Description = dict[str, Any]

ENDED = ("Completed", "Failed", "Stopped")
_FINAL_TRIAL = "FinalHyperParameterTuningJobObjectiveMetric"
_FINAL_CANDIDATE = "FinalAutoMLJobObjectiveMetric"


def progress_of(sagemaker: Any, kind: CliKind, job: Description) -> str:
    """Returns how many trials or candidates have ended, of how many; empty for other kinds."""
    if kind is TUNING:
        most = job["HyperParameterTuningJobConfig"]["ResourceLimits"].get("MaxNumberOfTrainingJobs")
        counters = job["TrainingJobStatusCounters"]
        return _counted(sum(counters.values()) - counters["InProgress"], most, "trials")
    if kind is AUTOPILOT:
        candidates = candidates_of(sagemaker, kind.name(job))
        most = job.get("ResolvedAttributes", {}).get("CompletionCriteria", {}).get("MaxCandidates")
        ended = sum(candidate["CandidateStatus"] in ENDED for candidate in candidates)
        return _counted(ended, most, "candidates") if candidates else ""
    return ""


def candidates_of(sagemaker: Any, name: str) -> list[Description]:
    pages = sagemaker.get_paginator("list_candidates_for_auto_ml_job").paginate(
        AutoMLJobName=name, PaginationConfig={"PageSize": 100}
    )
    return [candidate for page in pages for candidate in page["Candidates"]]


def details_of_tuning(job: Description) -> Iterator[tuple[str, str]]:
    """Yields (title, text), as ``details_of`` does."""
    config = job["HyperParameterTuningJobConfig"]
    definitions = job.get("TrainingJobDefinitions") or [job["TrainingJobDefinition"]]
    yield "strategy", config["Strategy"]
    for definition in definitions:
        yield "image", definition["AlgorithmSpecification"]["TrainingImage"]
        objective = definition.get("TuningObjective") or config.get("HyperParameterTuningJobObjective", {})
        yield "objective", f"{objective.get('Type', '')} {objective.get('MetricName', '')}".strip()
        ranges = definition.get("HyperParameterRanges") or config.get("ParameterRanges", {})
        for text in _ranges(ranges):
            yield "searches", text
    for parent in job.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", ()):
        yield "begins from", parent["HyperParameterTuningJobName"]
    counters = job["TrainingJobStatusCounters"]
    yield "trials", ", ".join(f"{count} {name}" for name, count in counters.items() if count)
    if best := job.get("BestTrainingJob"):
        value = f", {best[_FINAL_TRIAL]['MetricName']} = {spelled(best[_FINAL_TRIAL]['Value'])}"
        yield "best", best["TrainingJobName"] + (value if _FINAL_TRIAL in best else "")
        values = [f"{name}={text}" for name, text in best.get("TunedHyperParameters", {}).items()]
        yield "parameters", ", ".join(values)


def details_of_autopilot(job: Description) -> Iterator[tuple[str, str]]:
    """Yields (title, text), as ``details_of`` does."""
    for channel in job["InputDataConfig"]:
        yield "target", channel["TargetAttributeName"]
        title = f"input {channel.get('ChannelType', 'training')}"
        yield title, channel["DataSource"]["S3DataSource"]["S3Uri"]
    resolved = job.get("ResolvedAttributes", {})
    yield "problem", resolved.get("ProblemType", job.get("ProblemType", ""))
    objective = resolved.get("AutoMLJobObjective") or job.get("AutoMLJobObjective", {})
    yield "metric", objective.get("MetricName", "")
    yield "mode", job.get("AutoMLJobConfig", {}).get("Mode", "")
    if best := job.get("BestCandidate"):
        final = best[_FINAL_CANDIDATE]
        yield "best", f"{best['CandidateName']}, {final['MetricName']} = {spelled(final['Value'])}"
        for report in best["CandidateProperties"].get("CandidateArtifactLocations", {}).values():
            yield "reports", report
    for notebook in job.get("AutoMLJobArtifacts", {}).values():
        yield "notebooks", notebook
    for partial in job.get("PartialFailureReasons", ()):
        yield "partly failed", partial["PartialFailureMessage"].partition("\n")[0]
    yield "endpoint", job.get("ModelDeployResult", {}).get("EndpointName", "")


def show_jobs_of(connection: ServerConnection, kind: CliKind, name: str, *, follow_it: bool) -> None:
    """Shows the trials or candidates, which have logs, instead of a log: those of now, or as they come."""
    from clary.cli import automl_watch, tune_watch
    from clary.cli.console import say
    from clary.cli.tables import print_rows

    assert kind in SEARCHES
    if follow_it:
        (tune_watch.watch_tuning if kind is TUNING else automl_watch.watch_automl)(connection, name)
        return
    read = tune_watch.read_trials if kind is TUNING else automl_watch.read_candidates
    table_of = tune_watch.table_of if kind is TUNING else automl_watch.table_of
    job, found = read(connection.client("sagemaker"), name)
    what = "trials" if kind is TUNING else "candidates"
    if found:
        print_rows(*table_of(job, found))
    none = f"it has no {what}" + " yet" * (kind.status(job) not in ENDED)
    say(f"{name} has no log of its own; " + (f"its {what} have: clary logs NAME" if found else none))


def _counted(ended: int, most: int | None, what: str) -> str:
    return f"{ended} of {most} {what}" if most else f"{ended} {what}"


def _ranges(ranges: Description) -> Iterator[str]:
    for kind in ("Continuous", "Integer"):
        for each in ranges.get(f"{kind}ParameterRanges", ()):
            yield f"{each['Name']}: {each['MinValue']} to {each['MaxValue']}"
    for each in ranges.get("CategoricalParameterRanges", ()):
        yield f"{each['Name']}: {', '.join(each['Values'])}"
