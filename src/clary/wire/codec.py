"""Parses the parameters of a request and serializes the response, in the protocol of the request.

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


def parse(
    operation_model: OperationModel, request: HttpRequest, *, protocol: str | None = None
) -> dict[str, Any]:
    """Returns the parameters of a request, with the members' names of the model.

    protocol: of the request, where the request itself does not tell.

    Instants are epoch seconds (float), blobs are bytes. A streaming payload is left out: the code
    that reads the body adds it. Unknown members and null ones are dropped. A null element of a list or map
    stays, so that ``validate`` can name it. Raises SerializationError, and nothing else, for a body that
    does not have the form of its protocol or the types of the model.
    """
    try:
        spoken = protocol or protocol_of(operation_model.service_model.service_name, request)
        document: dict[str, Any] = _PROTOCOLS[spoken].parse(operation_model, request)
    except Mismatch as mismatch:
        raise mismatch.to_error() from None
    return document


def respond(
    operation_model: OperationModel, result: dict[str, Any], request_id: str, *, protocol: str | None = None
) -> HttpResponse:
    """Returns the response of an operation. Undeclared members and None are left out.

    protocol: of the request, where its service has several. Instants may be epoch seconds or aware datetimes.
    A streaming payload is passed on as it is.
    """
    spoken = _PROTOCOLS[protocol or operation_model.service_model.protocol]
    response: HttpResponse = spoken.respond(operation_model, result, request_id)
    return response
