"""Requests of every operation, damaged: the answer is a BadRequest or a document."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.wire.samples import operations, sample, send

from clary.domain.errors import BadRequest, PlatformError
from clary.wire import codec, sigv4
from clary.wire.chunked import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, ChunkedDecoder, ChunkSigning
from clary.wire.http import HttpRequest
from clary.wire.route import guess_service, route
from clary.wire.validate import validate

if TYPE_CHECKING:
    from botocore.model import OperationModel

OPERATIONS = operations()
JSON = [operation for operation in OPERATIONS if operation.service_model.protocol == "json"]

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@functools.cache
def whole_request(index: int) -> HttpRequest:
    return send(OPERATIONS[index], sample(OPERATIONS[index].input_shape))


def survives(operation: OperationModel, request: HttpRequest) -> None:
    """Parses and validates a request; fails on any exception but the allowed ones."""
    try:
        validate(operation, codec.parse(operation, request))
    except BadRequest:
        return


@settings(max_examples=600)
@given(st.data())
def test_a_damaged_body_is_refused_in_order(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(OPERATIONS) - 1))
    request = whole_request(index)
    start = data.draw(st.integers(0, len(request.body)))
    end = data.draw(st.integers(start, min(start + 20, len(request.body))))
    body = request.body[:start] + data.draw(st.binary(max_size=6)) + request.body[end:]

    survives(OPERATIONS[index], dataclasses.replace(request, body=body))


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_address_or_header_is_refused_in_order(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(OPERATIONS) - 1))
    request, operation = whole_request(index), OPERATIONS[index]
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


QUERY = [operation for operation in OPERATIONS if operation.service_model.protocol == "query"]
STEPS = st.sampled_from(
    [
        "",
        " ",
        "0",
        "1",
        "2",
        "9" * 12,
        "member",
        "entry",
        "Action",
        "MaxItems",
        "Tags",
        "Key",
        "Value",
        "PolicyArns",
    ]
)


@settings(max_examples=600)
@given(st.data())
def test_a_form_of_any_parameters_is_refused_in_order(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(QUERY))
    members = st.sampled_from([*(operation.input_shape.members if operation.input_shape else ()), "x"])
    names = st.builds(
        lambda first, rest: ".".join([first, *rest]), members | STEPS, st.lists(STEPS, max_size=6)
    )
    values = st.sampled_from(["", "=", "=1", "=%", "=%00", "=%ff", "=a=b", "=%C3%BC", "=+"])
    pairs = st.builds(lambda name, value: name + value, names, values)
    form = "&".join(data.draw(st.lists(pairs, max_size=5)))

    survives(operation, HttpRequest("POST", "/", "", {}, form.encode()))
    survives(operation, HttpRequest("GET", "/", form, {}))


HEADER_TEXTS = st.text(st.characters(max_codepoint=255), max_size=20)


@settings(max_examples=400)
@given(
    st.sampled_from(["sagemaker", "logs", "sts", "iam", "s3", "monitoring", "x"]),
    st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE", "PATCH"]),
    HEADER_TEXTS,
    HEADER_TEXTS,
    st.dictionaries(
        st.sampled_from(
            [
                "authorization",
                "x-amz-date",
                "date",
                "x-amz-target",
                "x-amz-content-sha256",
                "x-amz-security-token",
            ]
        ),
        HEADER_TEXTS
        | st.just(
            "AWS4-HMAC-SHA256 Credential=A/20261130/us-east-1/s3/aws4_request, "
            "SignedHeaders=host, Signature=0"
        ),
    ),
)
def test_any_signature_and_any_address_is_refused_in_order(
    service: str, method: str, path: str, query: str, headers: dict[str, str]
) -> None:
    presigned = "AWSAccessKeyId=a&Signature=b&Expires=9999999999&" if len(path) % 2 else ""
    request = HttpRequest(method, "/" + path, presigned + query, headers, path.encode())
    for step in (lambda: route(service, request), lambda: guess_service(request), lambda: verified(request)):
        try:
            step()
        except PlatformError:
            continue


def verified(request: HttpRequest) -> None:
    signature = sigv4.read_signature(request)
    sigv4.verify_head(signature, request, "secret", now=0.0)
    sigv4.verify_body(signature, request, "secret")


@settings(max_examples=400)
@given(
    st.sampled_from([SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER]),
    st.lists(
        st.binary(max_size=12)
        | st.sampled_from(
            [b"\r\n", b"0", b"1", b"ff", b";chunk-signature=", b"0" * 64, b"a:b", b"x-amz-trailer-signature:"]
        ),
        max_size=12,
    ),
)
def test_chunks_of_any_bytes_are_refused_in_order(kind: str, pieces: list[bytes]) -> None:
    decoder = ChunkedDecoder(
        kind, ChunkSigning(b"key", "20261130T120000Z", "scope", "seed"), decoded_length=3
    )
    try:
        for piece in pieces:
            decoder.feed(piece)
        decoder.finish()
    except PlatformError:
        return
