"""The evaluation of a training job's rules: kept with the job, and deleted with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.rules import KIND, rules_of
from clary.store.records import RecordExists

from .as_processing_job import forget_rule_jobs, name_rule_jobs
from .evaluation import evaluation_of

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores


def keep_evaluation(stores: Stores, job: Document, evaluation: Document) -> None:
    """Has the rules of a new job evaluated. What an earlier job of this name has left is replaced."""
    name, status = job["TrainingJobName"], evaluation["Status"]
    forget_evaluation(stores, job)
    stores.records.insert(KIND, name, evaluation, status=status)
    name_rule_jobs(stores, job, evaluation)


def add_rules(stores: Stores, job: Document) -> None:
    """Has those rules of a running job evaluated that are not yet."""
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
