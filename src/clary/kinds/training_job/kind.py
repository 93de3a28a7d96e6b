"""Training jobs, as the runner's loop knows them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import TRAINING_JOB
from clary.kinds.kind import JobKind

from .cluster import LOG_GROUP, host_specs, members
from .state import end_without_hosts, next_state, waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.store.metrics import Summary

Document = dict[str, Any]


def _image(record: Document) -> str:
    return str(record["AlgorithmSpecification"]["TrainingImage"])


def _launched(record: Document, notes: Sequence[str]) -> Document:
    return waiting(record, "; ".join(notes)) if notes else {}


def _final_metrics(summaries: Sequence[Summary]) -> Document:
    return {
        "FinalMetricDataList": [
            {"MetricName": summary.name, "Value": summary.last, "Timestamp": summary.last_at}
            for summary in summaries
            if math.isfinite(summary.last)  # JSON has no other numbers
        ]
    }


TRAINING = JobKind(
    record_kind=TRAINING_JOB,
    noun="TrainingJob",
    log_group=LOG_GROUP,
    # No prefix: hosts that an older server has started are found under these handles.
    handle_prefix="",
    image=_image,
    members=members,
    host_specs=host_specs,
    next_state=next_state,
    end_without_hosts=end_without_hosts,
    waiting=waiting,
    launched=_launched,
    with_metrics=_final_metrics,
)
