"""Creates and deletes the evaluation of a training job's rules, together with the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.rules import KIND, rules_of
from clary.store.records import RecordExists

from .as_processing_job import forget_rule_jobs, name_rule_jobs
from .evaluation import evaluation_of

if TYPE_CHECKING:
    from clary.domain.hosts import HostName
    from clary.kinds.stores import Document, Stores
    from clary.store.records import Records


def keep_evaluation(stores: Stores, job: Document, evaluation: Document) -> None:
    """Inserts the evaluation of a new job. It replaces one that an earlier job of this name has left."""
    name, status = job["TrainingJobName"], evaluation["Status"]
    forget_evaluation(stores, job)
    stores.records.insert(KIND, name, evaluation, status=status)
    name_rule_jobs(stores, job, evaluation)


def add_rules(stores: Stores, job: Document) -> None:
    """Adds the new rules of a running job to its evaluation."""
    rules = rules_of(job)

    def add(present: Document) -> Document:
        return evaluation_of(job, rules, present)

    first = evaluation_of(job, rules)
    try:
        stores.records.insert(KIND, job["TrainingJobName"], first, status=first["Status"])
    except RecordExists:
        first = stores.records.update(KIND, job["TrainingJobName"], add, status=first["Status"])
    name_rule_jobs(stores, job, first)


def forget_evaluation(stores: Stores, job: Document) -> None:
    """Deletes the evaluation of a job's rules, and the names of their processing jobs."""
    evaluation = stores.records.find(KIND, job["TrainingJobName"])
    if evaluation is not None:
        forget_rule_jobs(stores, evaluation)
        stores.records.delete(KIND, job["TrainingJobName"])


def has_evaluator(records: Records, job: Document, host: HostName) -> bool:
    """Whether a host is an evaluator of a training job's rules that is not over yet."""
    evaluation = records.find(KIND, host.job)
    if evaluation is None or evaluation["JobCreatedAt"] != job.get("CreationTime"):
        return False
    evaluator = evaluation["Evaluators"].get(host.host)
    return evaluator is not None and not evaluator.get("Over")
