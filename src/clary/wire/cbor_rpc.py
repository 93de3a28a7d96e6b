"""Smithy RPC v2 CBOR, which new clients speak to CloudWatch: the operation in the path, CBOR both ways.

Values are encoded as in JSON, except blobs, which are bytes, and timestamps, which have tag 1. Every other
tag is refused: some tags make a decoder compile expressions or build cyclic values.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import cbor2

from clary.domain.errors import SerializationError

from .http import HttpRequest, HttpResponse
from .instants import epoch_seconds
from .json_body import MAX_DEPTH
from .json_read import JsonReaders, Reader
from .json_write import JsonWriters, Writer
from .mismatch import not_a

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

HEADERS = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
_EPOCH_SECONDS = 1


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    shape = operation.input_shape
    if shape is None:
        return {}
    document: dict[str, Any] = _readers(operation.service_model.service_name).of(shape)(_load(request.body))
    return document


def respond(operation: OperationModel, result: dict[str, Any], request_id: str) -> HttpResponse:
    shape = operation.output_shape
    write = None if shape is None else _writers(operation.service_model.service_name).of(shape)
    body = cbor2.dumps(write(result) if write is not None else {})
    return HttpResponse(200, {**HEADERS, "x-amzn-requestid": request_id}, body)


def _load(body: bytes) -> Any:
    if not body:
        return {}
    try:
        return cbor2.loads(body, semantic_decoders=_TAGS, tag_hook=_refuse, max_depth=MAX_DEPTH)
    except (cbor2.CBORError, ValueError, TypeError, RecursionError) as error:
        raise SerializationError(f"the body is not valid CBOR: {error}") from None


def _refuse(*_: Any) -> Any:
    raise ValueError("a tag that is not taken here")


class _Readers(JsonReaders):
    def _make(self, shape: Shape) -> Reader:
        return _read_blob if shape.type_name == "blob" else super()._make(shape)


class _Writers(JsonWriters):
    def _make(self, shape: Shape) -> Writer | None:
        written = _SCALARS.get(shape.type_name)
        return written if written is not None else super()._make(shape)


@cache
def _readers(service: str) -> _Readers:
    return _Readers(service)


@cache
def _writers(service: str) -> _Writers:
    return _Writers(service)


def _read_blob(value: Any) -> bytes:
    if type(value) is not bytes:
        raise not_a(value, "a Blob")
    return value


_SCALARS: dict[str, Writer] = {
    "float": float,
    "double": float,
    "timestamp": lambda value: cbor2.CBORTag(_EPOCH_SECONDS, epoch_seconds(value)),
    "blob": lambda value: value.encode() if isinstance(value, str) else value,
}
_BUILT_IN = (0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000, 55799)
"""Tags that cbor2 decodes by default."""
_TAGS: dict[int, Any] = {**dict.fromkeys(_BUILT_IN, _refuse), _EPOCH_SECONDS: lambda value, *_: value}
