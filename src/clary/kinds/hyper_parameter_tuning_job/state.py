"""The whole life of a tuning job, as a pure function.

    InProgress   a trial ends ──> its value is booked
                 a trial is not promising ──> it is stopped
                 fewer run than may ──> the search is asked for the next; then they are booked and made
                 enough, or hopeless ──> _Ending: no further trials, those that run are stopped ─┐
    Stopping     asked for by a caller ──> _Ending                                              ─┤
                                                                                                 ├─> Completed
                 the last trial has ended                                                       ─┼─> Failed
                                                                                                 └─> Stopped

A trial is booked in the transaction that makes its training job. So a server that is killed at any moment has
neither lost nor doubled one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clary.kinds.decision import REASON_LIMIT, Decision, Question, ToMake, ToStop, changed
from clary.kinds.kind import ENDED

from .book import JOB, is_at_work, new_trial, settled, standing
from .completion import converged_at, failure, most_trials, reached, run_out
from .definitions import CONFIG, definitions_of, job_name, texts, training_request
from .early_stopping import is_watching, marks, to_stop
from .search import suggest
from .searches import searches_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clary.kinds.decision import RecordKey, Seen
    from clary.kinds.stores import Document

    from .definitions import Definition


def follows(record: Document) -> Iterable[RecordKey]:
    """The training jobs of the trials that have not ended."""
    return [(JOB, trial["TrainingJobName"]) for trial in record["_Trials"] if is_at_work(trial)]


def series(record: Document) -> Iterable[tuple[str, str]]:
    """(ARN, metric) of the curves that early stopping needs."""
    if not is_watching(record):
        return
    metrics = {definition.name: definition.metric for definition in definitions_of(record)}
    for trial in record["_Trials"]:
        if is_at_work(trial):
            yield _arn(record, trial), metrics[trial.get("TrainingJobDefinitionName", "")]


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    """Decides what is done next."""
    curves = _curves(record, seen)
    trials = _with_ends(record, seen, curves, now)
    changes: Document = {}
    if trials != record["_Trials"]:
        changes = {"_Trials": trials, **standing(record, trials)}
        if details := converged_at({**record, **changes}, trials, now):
            changes["TuningJobCompletionDetails"] = details
    ending = _ending(record, seen, {**record, **changes}, now)
    if ending is not None:
        return _end(record, trials, changes, ending, now)
    stop = to_stop(record, trials, curves) if is_watching(record) else []
    if stop or changes:
        return _changes(record, _stopped(trials, stop), changes, stop)
    return _go_on(record, trials, seen, now)


def _go_on(record: Document, trials: list[Document], seen: Seen, now: float) -> Decision:
    """Begins trials if fewer run than may. Ends are written first, so that the search knows them."""
    limits = record[CONFIG]["ResourceLimits"]
    at_work = sum(map(is_at_work, trials))
    free = min(limits["MaxParallelTrainingJobs"] - at_work, most_trials(record) - len(trials))
    again = _again(record)
    if free <= 0:
        return Decision(again=again)
    question = f"trials from {len(trials)} on"
    if question not in seen.answers:
        work = partial(suggest, searches_of(record, trials), len(trials), free)
        return Decision(again=again, ask=Question(question, work))
    definitions = definitions_of(record)
    make: list[ToMake] = []
    new: list[Document] = []
    # The answer may be for fewer trials than are free by now.
    for number, (index, values) in enumerate(seen.answers[question][:free], len(trials)):
        definition, name = definitions[index], job_name(record, number)
        new.append(new_trial(name, definition, texts(values), now))
        make.append(ToMake(JOB, training_request(record, definition, name, texts(values))))
    booked = [*trials, *new]
    return Decision({"_Trials": booked, **standing(record, booked)}, make=make, again=again)


def _ending(record: Document, seen: Seen, standing_now: Document, now: float) -> Document | None:
    """How it is to end: the status and the reason; None while it goes on."""
    trials, most = standing_now["_Trials"], most_trials(record)
    if "_StopRequestedAt" in record:
        return {"Status": "Stopped"}
    if "_Ending" in record:
        # A trial that ends meanwhile may be a better one, but no other begins.
        found: Document = record["_Ending"]
        return found
    if seen.refused:
        return {"Status": "Failed", "Reason": next(iter(seen.refused.values()))}
    if reason := failure(trials, most):
        return {"Status": "Failed", "Reason": reason}
    details = standing_now.get("TuningJobCompletionDetails", {})
    not_improving = details.get("NumberOfTrainingJobsObjectiveNotImproving", 0)
    done = len(trials) >= most and not any(map(is_at_work, trials))
    if done or run_out(record, now) or reached(record, trials, not_improving):
        return {"Status": "Completed"}
    return None


def _end(
    record: Document, trials: list[Document], changes: Document, ending: Document, now: float
) -> Decision:
    changes = changed(record, {**changes, "_Ending": ending})
    running = [trial["TrainingJobName"] for trial in trials if is_at_work(trial)]
    if running:
        left = {trial["TrainingJobName"] for trial in trials if trial.get("_Stopped")}
        stop = [name for name in running if name not in left]
        return _changes(record, _stopped(trials, stop), changes, stop)
    final = ending["Status"]
    changes |= {
        "HyperParameterTuningJobStatus": final,
        "HyperParameterTuningEndTime": now,
        "ConsumedResources": {"RuntimeInSeconds": int(now - record["CreationTime"])},
    }
    if final == "Failed":
        changes["FailureReason"] = ending["Reason"][:REASON_LIMIT]
    return Decision(changes, final, finished=True, succeeded=final == "Completed")


def _changes(record: Document, trials: list[Document], changes: Document, stop: Sequence[str]) -> Decision:
    """Writes the book and stops trials."""
    if stop:
        changes = {**changes, "_Trials": trials, **standing(record, trials)}
    return Decision(changes, stop=[ToStop(JOB, name) for name in stop], again=_again(record))


def _again(record: Document) -> bool:
    """Whether curves or the time may change the decision."""
    return is_watching(record) or "MaxRuntimeInSeconds" in record[CONFIG]["ResourceLimits"]


def _with_ends(
    record: Document, seen: Seen, curves: Mapping[str, Sequence[float]], now: float
) -> list[Document]:
    """The book with the ends of the trials whose training jobs have ended."""
    definitions = {definition.name: definition for definition in definitions_of(record)}
    found: list[Document] = []
    for number, trial in enumerate(record["_Trials"]):
        job = seen.records.get((JOB, trial["TrainingJobName"]))
        if not is_at_work(trial) or (job is not None and job["TrainingJobStatus"] not in ENDED):
            found.append(trial)
            continue
        ended = settled(trial, job, _definition_of(trial, definitions), now)
        if curve := curves.get(trial["TrainingJobName"]):
            ended["_Marks"] = marks(record, number, curve)
        found.append(ended)
    return found


def _definition_of(trial: Document, definitions: Mapping[str, Definition]) -> Definition:
    return definitions[trial.get("TrainingJobDefinitionName", "")]


def _stopped(trials: Sequence[Document], names: Sequence[str]) -> list[Document]:
    return [
        {**trial, "TrainingJobStatus": "Stopping", "_Stopped": True}
        if trial["TrainingJobName"] in names
        else trial
        for trial in trials
    ]


def _curves(record: Document, seen: Seen) -> dict[str, Sequence[float]]:
    """The curves of running trials, by the names of their training jobs."""
    by_owner = {owner: values for (owner, _), values in seen.series.items()}
    return {
        trial["TrainingJobName"]: by_owner[arn]
        for trial in record["_Trials"]
        if is_at_work(trial) and (arn := _arn(record, trial)) in by_owner
    }


def _arn(record: Document, trial: Document) -> str:
    prefix: str = record["HyperParameterTuningJobArn"].rpartition(":")[0]
    return f"{prefix}:{JOB}/{trial['TrainingJobName'].lower()}"
