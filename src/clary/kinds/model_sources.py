"""The data that a container of a model loads, as the spec of its host has it."""

from __future__ import annotations

from typing import Any

from clary.domain.hosts import ModelSource

Document = dict[str, Any]

MODEL_FOLDER = "/opt/ml/model"


def model_sources(container: Document) -> tuple[ModelSource, ...]:
    """What a container finds under ``/opt/ml``: its model, and others below the names of their channels."""
    found = []
    if "ModelDataSource" in container:
        found.append(_source(container["ModelDataSource"]["S3DataSource"]))
    elif "ModelDataUrl" in container:
        found.append(ModelSource(container["ModelDataUrl"]))
    for each in container.get("AdditionalModelDataSources", ()):
        found.append(
            _source(each["S3DataSource"], f"/opt/ml/additional-model-data-sources/{each['ChannelName']}")
        )
    return tuple(found)


def _source(source: Document, local_path: str = MODEL_FOLDER) -> ModelSource:
    return ModelSource(
        source["S3Uri"],
        compression=source["CompressionType"],
        data_type=source["S3DataType"],
        local_path=local_path,
    )
