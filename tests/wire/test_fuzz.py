"""Requests of every operation, damaged: the answer is a BadRequest or a document."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.wire.samples import operations, sample, send

from clary.domain.errors import BadRequest
from clary.wire import codec
from clary.wire.http import HttpRequest
from clary.wire.route import route
from clary.wire.validate import validate

if TYPE_CHECKING:
    from botocore.model import OperationModel

OPERATIONS = operations()
REQUESTS = [send(operation, sample(operation.input_shape)) for operation in OPERATIONS]
JSON = [operation for operation in OPERATIONS if operation.service_model.protocol == "json"]

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def survives(operation: OperationModel, request: HttpRequest) -> None:
    """Parsing and validating raise what they may raise, and nothing else."""
    try:
        validate(operation, codec.parse(operation, request))
    except BadRequest:
        return


@settings(max_examples=600)
@given(st.data())
def test_a_damaged_body_is_refused_in_order(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(OPERATIONS) - 1))
    request = REQUESTS[index]
    start = data.draw(st.integers(0, len(request.body)))
    end = data.draw(st.integers(start, min(start + 20, len(request.body))))
    body = request.body[:start] + data.draw(st.binary(max_size=6)) + request.body[end:]

    survives(OPERATIONS[index], dataclasses.replace(request, body=body))


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_address_or_header_is_refused_in_order(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(OPERATIONS) - 1))
    request, operation = REQUESTS[index], OPERATIONS[index]
    text = st.text(st.characters(max_codepoint=255), max_size=12)
    headers = {
        name: data.draw(text) if data.draw(st.booleans()) else value
        for name, value in request.headers.items()
    }
    damaged = dataclasses.replace(
        request, path=request.path + data.draw(text), query=request.query + data.draw(text), headers=headers
    )

    survives(operation, damaged)
    try:
        route(operation.service_model.signing_name, damaged)
    except BadRequest:
        return


@settings(max_examples=600)
@given(st.data())
def test_any_json_in_place_of_any_member_is_refused_in_order(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(JSON))
    document = sample(operation.input_shape)
    node: dict[str, object] = {"": document}
    key = ""
    while isinstance(node[key], dict) and node[key] and data.draw(st.integers(0, 4)) > 0:
        node = node[key]  # type: ignore[assignment]
        key = data.draw(st.sampled_from(sorted(node)))
    node[key] = data.draw(ANY_JSON)
    body = orjson.dumps(document, default=str)

    survives(operation, HttpRequest("POST", "/", "", {}, body))


@pytest.mark.parametrize("service", ["sagemaker", "logs", "s3", "sts", "iam", "", "ec2"])
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", ""]),
    path=st.text(st.characters(max_codepoint=255), max_size=30),
    query=st.text(st.characters(max_codepoint=255), max_size=30),
    body=st.binary(max_size=30),
)
def test_no_request_breaks_the_routing(service: str, method: str, path: str, query: str, body: bytes) -> None:
    try:
        route(service, HttpRequest(method, path, query, {}, body))
    except BadRequest:
        return
