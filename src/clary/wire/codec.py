"""Parameters out of a request, and an answer out of a document, whatever the protocol.

json        sagemaker, logs, cloudwatch
rest-json   sagemaker-runtime, sagemaker-metrics
query       sts, iam, cloudwatch (older clients)
cbor        cloudwatch
rest-xml    s3
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import cbor_rpc, json_rpc, query, rest_json, rest_xml
from .error_bodies import respond_error
from .mismatch import Mismatch
from .protocol import CBOR, protocol_of

if TYPE_CHECKING:
    from types import ModuleType

    from botocore.model import OperationModel

    from .http import HttpRequest, HttpResponse

__all__ = ["parse", "respond", "respond_error"]

_PROTOCOLS: dict[str, ModuleType] = {
    CBOR: cbor_rpc,
    "json": json_rpc,
    "rest-json": rest_json,
    "query": query,
    "rest-xml": rest_xml,
}


def parse(operation_model: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """The parameters of a request, with the members' names of the model.

    Instants are epoch seconds (float), blobs are bytes. A streaming payload is left out: whoever reads
    the body puts it in. Unknown members are dropped, null ones left out; a null element of a list or
    map stays, for ``validate`` to name it. Raises SerializationError for a body that is not what its
    protocol or the model's types say, and nothing else.
    """
    try:
        protocol = protocol_of(operation_model.service_model.service_name, request)
        document: dict[str, Any] = _PROTOCOLS[protocol].parse(operation_model, request)
    except Mismatch as mismatch:
        raise mismatch.to_error() from None
    return document


def respond(
    operation_model: OperationModel, result: dict[str, Any], request_id: str, *, protocol: str | None = None
) -> HttpResponse:
    """The answer of an operation; what the output shape does not declare is left out, and None too.

    protocol: of the request, where its service has several. Instants may be epoch seconds or aware datetimes.
    A streaming payload is handed through as it is.
    """
    spoken = _PROTOCOLS[protocol or operation_model.service_model.protocol]
    response: HttpResponse = spoken.respond(operation_model, result, request_id)
    return response
