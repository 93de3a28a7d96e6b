"""Which evaluators go on after their job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.rules import KIND

if TYPE_CHECKING:
    from clary.domain.hosts import HostName
    from clary.store.records import Records

Document = dict[str, Any]


def has_evaluator(records: Records, job: Document, host: HostName) -> bool:
    """Whether a host is an evaluator of a training job's rules that is not over yet."""
    evaluation = records.find(KIND, host.job)
    if evaluation is None or evaluation["JobCreatedAt"] != job.get("CreationTime"):
        return False
    evaluator = evaluation["Evaluators"].get(host.host)
    return evaluator is not None and not evaluator.get("Over")
