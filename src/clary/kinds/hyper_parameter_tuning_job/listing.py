"""The list of a tuning job's training jobs: filtered, sorted and paged over its book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.kinds.kind import ENDED

from .book import JOB, is_at_work, settled, summary, value_of
from .definitions import definitions_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.stores import Document, Stores

    from .definitions import Definition


def list_trials(stores: Stores, record: Document, request: Mapping[str, Any]) -> Document:
    """One page of the trials of a tuning job. Raises ValidationError for a NextToken that is not its own.

    A trial that is booked between two pages may be seen twice or not at all, except in the order of creation,
    which is the default.
    """
    definitions = {definition.name: definition for definition in definitions_of(record)}
    trials = [_present(stores, trial, definitions) for trial in record["_Trials"]]
    if "StatusEquals" in request:
        trials = [trial for trial in trials if trial["TrainingJobStatus"] == request["StatusEquals"]]
    descending = request.get("SortOrder", "Ascending") == "Descending"
    trials = _sorted(trials, request.get("SortBy", "CreationTime"), descending)
    start = _start(request.get("NextToken", "0"))
    end = start + request.get("MaxResults", 10)
    found: Document = {"TrainingJobSummaries": [summary(record, trial) for trial in trials[start:end]]}
    return found | ({"NextToken": str(end)} if end < len(trials) else {})


def _sorted(trials: list[Document], by: str, descending: bool) -> list[Document]:
    if by == "CreationTime":
        return trials[::-1] if descending else trials
    if by == "FinalObjectiveMetricValue":
        # As on AWS, only trials that have a value are in this order.
        valued = [trial for trial in trials if value_of(trial) is not None]
        return sorted(valued, key=lambda trial: value_of(trial) or 0.0, reverse=descending)
    member = "TrainingJobName" if by == "Name" else "TrainingJobStatus"
    return sorted(trials, key=lambda trial: str(trial[member]), reverse=descending)


def _present(stores: Stores, trial: Document, definitions: Mapping[str, Definition]) -> Document:
    """A trial, with what its training job says by now. Its end may not be in the book yet."""
    job = stores.records.find(JOB, trial["TrainingJobName"]) if is_at_work(trial) else None
    if job is None:
        return trial
    if job["TrainingJobStatus"] in ENDED:
        definition = definitions[trial.get("TrainingJobDefinitionName", "")]
        return settled(trial, job, definition, stores.now())
    said = {"TrainingJobStatus": job["TrainingJobStatus"]}
    if "TrainingStartTime" in job:
        said["TrainingStartTime"] = job["TrainingStartTime"]
    return {**trial, **said}


def _start(token: str) -> int:
    if not token.isdecimal():
        raise ValidationError("NextToken is not valid: it is not of this list. Begin again without it.")
    return int(token)
