"""The record of a new transform job, with a copy of its model, which may be deleted while the job runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.kinds.kind import NewRecord
from clary.kinds.serving_entities import MODEL, containers_of, find_serving_entity

from .request import check_transform_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.stores import Document, Stores


def make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    """Returns the record of a new job, as ``kind.Make`` promises. Raises NotFound for experiments."""
    model = find_serving_entity(stores, MODEL, begun["ModelName"])
    if "ExecutionRoleArn" not in model:
        raise ValidationError(f"Model {begun['ModelName']} has no ExecutionRoleArn; make it with one.")
    containers = containers_of(model)
    check_transform_request(stores, begun, containers)
    return NewRecord(
        {
            **begun,
            "RoleArn": model["ExecutionRoleArn"],
            "TransformJobStatus": "InProgress",
            "_Containers": containers,
            "_Isolated": bool(model.get("EnableNetworkIsolation")),
        }
    )
