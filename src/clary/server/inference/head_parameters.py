"""The parameters of an invocation. Those in its head are the same in most requests of a caller, and kept."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from clary.wire import codec
from clary.wire.http import HttpRequest
from clary.wire.rest import input_places
from clary.wire.validate import validate

if TYPE_CHECKING:
    from botocore.model import OperationModel

LONGEST_KEPT = 2048
"""Longer heads are not kept: a caller could fill the memory with them."""


def parse_invocation(model: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """Returns the parameters of InvokeEndpoint or InvokeEndpointWithResponseStream.

    The body is not validated: its limit is the endpoint's, which may be more than that of the model.
    Raises SerializationError and ValidationError.
    """
    said = tuple([request.headers.get(name) for name in _header_names(model)])
    size = len(request.path) + len(request.query) + sum([len(text) for text in said if text])
    read = _read if size <= LONGEST_KEPT else _read.__wrapped__
    params = {**read(model, request.path, request.query, said)}
    params["Body"] = request.body
    return params


@cache
def _header_names(model: OperationModel) -> tuple[str, ...]:
    return tuple(wire_name.lower() for _, wire_name, _ in input_places(model).header)


@lru_cache(maxsize=1024)
def _read(model: OperationModel, path: str, query: str, said: tuple[str | None, ...]) -> dict[str, Any]:
    """said: the headers that are parameters, in the order of the model. Do not change the result."""
    headers = {name: text for name, text in zip(_header_names(model), said, strict=True) if text is not None}
    params = codec.parse(model, HttpRequest("POST", path, query, headers))
    validate(model, params)
    return params
