"""The kind of transform jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import NotFound
from clary.kinds.cluster import Cluster
from clary.kinds.kind import Kind

from .answered import answered
from .cluster import LOG_GROUP, host_specs, hosts, image
from .component import COMPONENT, INPUT, input_uri
from .record import make
from .state import launched, next_state, waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

Document = dict[str, Any]


def _inputs(record: Document) -> Iterator[tuple[str, str]]:
    yield INPUT, input_uri(record)


def _missing(name: str) -> NotFound:
    return NotFound(f"Could not find requested job with name: {name}", code="ValidationException")


KIND = Kind(
    record_kind="transform-job",
    noun="TransformJob",
    make=make,
    next_state=next_state,
    cluster=Cluster(
        log_group=LOG_GROUP,
        # No name of a job has a dot.
        id_prefix="transform.",
        image=image,
        hosts=hosts,
        specs=host_specs,
        waiting=waiting,
        launched=launched,
    ),
    component=COMPONENT,
    answered=answered,
    missing=_missing,
    inputs=_inputs,
)
