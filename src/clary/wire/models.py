"""Loads botocore's service models, each once.

botocore's own loader takes 0.1 s for the model of SageMaker and keeps its documentation in memory. This one
takes a fifth of the time and drops the documentation.
"""

from __future__ import annotations

import gc
import gzip
from pathlib import Path
from threading import Lock
from typing import Any

import botocore
import orjson
from botocore.model import OperationModel, OperationNotFoundError, ServiceModel

SERVICES = (
    "sagemaker",
    "sagemaker-runtime",
    "sagemaker-metrics",
    "logs",
    "cloudwatch",
    "sts",
    "iam",
    "ecr",
    "s3",
)
"""The services whose protocols are served."""

_GZIP = b"\x1f\x8b"

_models: dict[str, ServiceModel] = {}
_loading = Lock()


def service_model(name: str) -> ServiceModel:
    """Returns the model of one of ``SERVICES``, the same object on every call. Any thread may call.

    botocore's ``sdk-extras`` are left out on purpose: they make S3's ``Expires`` a timestamp, and S3 returns
    the text that it was given.
    """
    model = _models.get(name)
    if model is not None:
        return model
    with _loading:
        if name not in _models:
            _models[name] = ServiceModel(_load(name), name)
            # A model stays in memory. The garbage collector would traverse it again and again, while all
            # requests wait: 85 ms for three models.
            gc.freeze()
        return _models[name]


def find_operation_model(service: str, operation: str) -> OperationModel | None:
    """Returns the model of one operation; None when the service has no operation of that name."""
    try:
        return service_model(service).operation_model(operation)
    except OperationNotFoundError:
        return None


def _load(name: str) -> dict[str, Any]:
    if name not in SERVICES:
        raise KeyError(f"no model for {name!r}; there are {', '.join(SERVICES)}")
    folder = Path(botocore.__file__).parent / "data" / name
    newest = max(path for path in folder.iterdir() if path.is_dir())
    raw = next(iter(newest.glob("service-2.json*"))).read_bytes()
    model: dict[str, Any] = orjson.loads(gzip.decompress(raw) if raw.startswith(_GZIP) else raw)
    _drop_documentation(model)
    return model


def _drop_documentation(node: Any) -> None:
    if isinstance(node, dict):
        # A member may be called "documentation" too; its value is a shape reference, not a text.
        if isinstance(node.get("documentation"), str):
            del node["documentation"]
        for value in node.values():
            _drop_documentation(value)
    elif isinstance(node, list):
        for value in node:
            _drop_documentation(value)
