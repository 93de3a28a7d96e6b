"""The REST-JSON protocol of SageMaker Runtime and SageMaker Metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .http import HttpRequest, HttpResponse
from .json_body import dump, load_object
from .json_read import json_readers
from .json_write import json_writers
from .rest import input_places, output_places, read_head, status_of, write_head

if TYPE_CHECKING:
    from botocore.model import OperationModel


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    shape = operation.input_shape
    if shape is None:
        return {}
    document = read_head(operation, request)
    places = input_places(operation)
    if places.payload is not None:
        # The payload of both services is a blob, for every content type.
        document[places.payload] = request.body
    elif places.body:
        in_body = {name for name, _ in places.body}
        body = json_readers(operation.service_model.service_name).of(shape)(load_object(request.body))
        document.update((name, value) for name, value in body.items() if name in in_body)
    return document


def respond(operation: OperationModel, result: dict[str, Any], request_id: str) -> HttpResponse:
    headers = {"x-amzn-requestid": request_id, **write_head(operation, result)}
    places, shape = output_places(operation), operation.output_shape
    if places.payload is not None:
        payload = result.get(places.payload)
        headers.setdefault("content-type", "application/octet-stream")
        return HttpResponse(status_of(operation), headers, b"" if payload is None else payload)
    headers.setdefault("content-type", "application/json")
    if shape is None:
        return HttpResponse(status_of(operation), headers, b"")
    write = json_writers(operation.service_model.service_name).of(shape)
    in_body = {name: result[name] for name, _ in places.body if name in result}
    return HttpResponse(status_of(operation), headers, dump(in_body if write is None else write(in_body)))
