"""The kind of processing jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import NotFound
from clary.kinds.cluster import Cluster
from clary.kinds.kind import Kind

from .answered import answered
from .cluster import LOG_GROUP, host_specs, hosts
from .component import COMPONENT
from .record import make
from .state import launched, next_state, waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

Document = dict[str, Any]


def _image(record: Document, host: str) -> str:
    return str(record["AppSpecification"]["ImageUri"])


def _inputs(record: Document) -> Iterator[tuple[str, str]]:
    for each in record.get("ProcessingInputs", ()):
        if "S3Input" in each:
            yield each["InputName"], each["S3Input"]["S3Uri"]


def _missing(name: str) -> NotFound:
    # What AWS answers for a job that is not there; not ResourceNotFound as the model says.
    return NotFound(f"Could not find requested job with name: {name}", code="ValidationException")


KIND = Kind(
    record_kind="processing-job",
    noun="ProcessingJob",
    make=make,
    next_state=next_state,
    cluster=Cluster(
        log_group=LOG_GROUP,
        # No name of a job has a dot.
        id_prefix="processing.",
        image=_image,
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
