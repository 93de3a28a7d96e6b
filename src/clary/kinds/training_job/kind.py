"""The kind of training jobs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from clary.domain.errors import NotFound
from clary.kinds.cluster import Cluster, Reuse
from clary.kinds.kind import Kind
from clary.kinds.rule_evaluation.record import forget_evaluation, has_evaluator
from clary.kinds.rule_evaluation.saved_files import saved_files

from .answered import answered
from .cluster import LOG_GROUP, host_specs, hosts
from .component import COMPONENT
from .inputs import input_places
from .interruption import interrupt, is_spot
from .record import make
from .search import SEARCH_MEMBERS
from .state import next_state
from .transitions import waiting
from .warm_pool import is_kept, matches, reused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.store.metrics import Summary

Document = dict[str, Any]


def _image(record: Document, host: str) -> str:
    return str(record["AlgorithmSpecification"]["TrainingImage"])


def _launched(record: Document, notes: Sequence[str]) -> Document:
    return waiting(record, "; ".join(notes)) if notes else {}


def _final_metrics(summaries: Sequence[Summary]) -> Document:
    found: Document = {
        "FinalMetricDataList": [
            {"MetricName": summary.name, "Value": summary.last, "Timestamp": summary.last_at}
            for summary in summaries
            if math.isfinite(summary.last)  # JSON has no other numbers
        ]
    }
    # So that a metric that diverged is told from one that nobody logged.
    diverged = [summary.name for summary in summaries if not math.isfinite(summary.last)]
    return found | ({"_NotFinite": diverged} if diverged else {})


def _missing(name: str) -> NotFound:
    # What AWS answers for a job that is not there; not ResourceNotFound as elsewhere.
    return NotFound("Requested resource not found.", code="ValidationException")


KIND = Kind(
    record_kind="training-job",
    noun="TrainingJob",
    make=make,
    next_state=next_state,
    cluster=Cluster(
        log_group=LOG_GROUP,
        # No prefix: hosts that an older server has started are found under these ids.
        id_prefix="",
        image=_image,
        hosts=hosts,
        specs=host_specs,
        waiting=waiting,
        launched=_launched,
        yields=is_spot,
        reuses=Reuse(matches, reused),
    ),
    interrupt=interrupt,
    keeps=is_kept,
    component=COMPONENT,
    answered=answered,
    search_members=SEARCH_MEMBERS,
    forget=forget_evaluation,
    is_wanted=has_evaluator,
    missing=_missing,
    final_metrics=_final_metrics,
    inputs=input_places,
    saves=saved_files,
)
