"""The functions that stand in where an inference script leaves one out."""

from __future__ import annotations

from typing import Any

from . import encoders, worker


def default_input_fn(content: Any, content_type: str) -> Any:
    return encoders.decode(content, content_type)


def default_predict_fn(data: Any, model: Any) -> Any:
    return model(data)


def default_output_fn(prediction: Any, accept: str) -> worker.Response:
    return worker.Response(encoders.encode(prediction, accept), mimetype=accept)
