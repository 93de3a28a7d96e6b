"""A kind that only the tests have: a command on some hosts, tracked and searched like any other job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clary.domain.errors import ValidationError
from clary.kinds.cluster import Cluster
from clary.kinds.job_component import Component, parameter_value
from clary.kinds.kind import Kind, NewRecord
from clary.kinds.stores import Stores

from .cluster import host_specs, hosts, image
from .state import next_state

__all__ = ["KIND"]

Document = dict[str, Any]


def make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    if not begun.get("Command"):
        raise ValidationError("Command is required.")
    return NewRecord({"HostCount": 1, **begun, "SampleJobStatus": "Waiting", "Said": ""})


KIND = Kind(
    record_kind="sample-job",
    noun="SampleJob",
    make=make,
    next_state=next_state,
    cluster=Cluster(
        log_group="/clary/SampleJobs",
        id_prefix="sample.",
        hosts=hosts,
        image=image,
        specs=host_specs,
        waiting=lambda record, message: {"Said": message},
        launched=lambda record, notes: {"SampleJobStatus": "Running", "Said": ""},
    ),
    component=Component(
        times="Sample",
        parameters=lambda job: {"command": parameter_value(" ".join(job["Command"]))},
        inputs=lambda job: {},
        outputs=lambda job: {},
        message=lambda job: job["Said"],
    ),
    unfinished=("Waiting", "Running", "Ending"),
    stopping="Ending",
    terminal=("Done", "Broken", "Ended"),
    search_members=frozenset(
        {"Tags", "CreationTime", "LastModifiedTime", "SampleJobName", "SampleJobStatus", "HostCount"}
    ),
)
