"""The record of a new processing job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.kinds.kind import NewRecord

from .request import check_processing_request, selected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.stores import Document, Stores

DEFAULT_MAX_RUNTIME_S = 86_400


def make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    """Returns the record of a new job, as ``kind.Make`` promises."""
    check_processing_request(stores, begun)
    resources = begun["ProcessingResources"]
    return NewRecord(
        {
            "StoppingCondition": {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME_S},
            **begun,
            "ProcessingResources": {**resources, "ClusterConfig": selected(resources["ClusterConfig"])},
            "ProcessingJobStatus": "InProgress",
        }
    )
