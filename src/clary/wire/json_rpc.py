"""The JSON 1.1 protocol of SageMaker and CloudWatch Logs: an operation in a header, JSON both ways."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .http import HttpRequest, HttpResponse
from .json_body import dump, load_object
from .json_read import Reader, json_readers
from .json_write import Writer, json_writers

if TYPE_CHECKING:
    from botocore.model import OperationModel


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    read = _reader(operation)
    body = load_object(request.body)
    if read is None:
        return {}
    document: dict[str, Any] = read(body)
    return document


def respond(operation: OperationModel, result: dict[str, Any], request_id: str) -> HttpResponse:
    write = _writer(operation)
    # The response of an operation without an output shape has no body, as with AWS.
    body = b"" if write is None else dump(write(result))
    headers = {
        # Pages ask in JSON for operations of services that speak something else otherwise.
        "content-type": f"application/x-amz-json-{operation.metadata.get('jsonVersion', '1.1')}",
        "x-amzn-requestid": request_id,
    }
    return HttpResponse(200, headers, body)


@cache
def _reader(operation: OperationModel) -> Reader | None:
    shape = operation.input_shape
    return None if shape is None else json_readers(operation.service_model.service_name).of(shape)


@cache
def _writer(operation: OperationModel) -> Writer | None:
    shape = operation.output_shape
    return None if shape is None else json_writers(operation.service_model.service_name).of(shape)
