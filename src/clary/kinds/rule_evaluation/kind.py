"""The kind of rule evaluations. They are created with a training job, never by a caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.domain.rules import KIND as RECORD_KIND
from clary.domain.rules import LOG_GROUP
from clary.kinds.cluster import Cluster
from clary.kinds.kind import Kind

from .cluster import attempt, evaluator_specs, hosts, image, log_streams
from .state import follows, next_state, waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.kind import NewRecord
    from clary.kinds.stores import Stores

Document = dict[str, Any]


def _make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    raise ValidationError("Rules are evaluated with a training job; ask for them in CreateTrainingJob.")


KIND = Kind(
    record_kind=RECORD_KIND,
    # Its own members have no noun before them: ``Status``.
    noun="",
    make=_make,
    next_state=next_state,
    cluster=Cluster(
        log_group=LOG_GROUP,
        id_prefix="rules.",
        hosts=hosts,
        image=image,
        specs=evaluator_specs,
        waiting=waiting,
        streams=log_streams,
        attempt=attempt,
        together=False,
        # They are small, and a job that waits for its own rules would wait for ever.
        queues=False,
        # Their permissions are those of a host of the training job.
        agent_kind="training-job",
    ),
    unfinished=("InProgress",),
    terminal=("Done",),
    follows=follows,
)
