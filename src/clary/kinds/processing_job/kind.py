"""Processing jobs, as the runner's loop knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.hosts import PROCESSING_JOB
from clary.kinds.kind import JobKind

from .cluster import LOG_GROUP, host_specs, members
from .state import end_without_hosts, launched, next_state, waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.store.metrics import Summary

Document = dict[str, Any]


def _image(record: Document) -> str:
    return str(record["AppSpecification"]["ImageUri"])


def _no_metrics(_summaries: Sequence[Summary]) -> Document:
    return {}


PROCESSING = JobKind(
    record_kind=PROCESSING_JOB,
    noun="ProcessingJob",
    log_group=LOG_GROUP,
    # No name of a job has a dot.
    handle_prefix="processing.",
    image=_image,
    members=members,
    host_specs=host_specs,
    next_state=next_state,
    end_without_hosts=end_without_hosts,
    waiting=waiting,
    launched=launched,
    with_metrics=_no_metrics,
)
