"""The required members of S3 requests. S3 enforces no other constraint of the model; its operations do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, StructureShape

from clary.domain.errors import BadRequest

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

_MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"


def check_required(operation_model: OperationModel, params: dict[str, Any]) -> None:
    """Raises BadRequest that names the first member that is missing."""
    shape = operation_model.input_shape
    if shape is None:
        return
    for name in shape.required_members:
        # An empty key is present. The operation decides whether it is valid.
        if params.get(name) is None:
            raise _missing(shape.members[name], name, is_payload=shape.serialization.get("payload") == name)
    for name, value in params.items():
        member = shape.members.get(name)
        if isinstance(member, StructureShape) and value is not None:
            _check_body(member, value, name)


def _check_body(shape: Shape, value: Any, path: str) -> None:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name in shape.required_members:
            if value.get(name) is None:
                raise BadRequest(f"{_MALFORMED}: {path} lacks {name}", code="MalformedXML")
        for name, item in value.items():
            _check_body(shape.members[name], item, f"{path}.{name}")
    elif isinstance(shape, ListShape) and not isinstance(shape, MapShape):
        for item in value or ():
            _check_body(shape.member, item, path)


def _missing(shape: Shape, name: str, *, is_payload: bool) -> BadRequest:
    if is_payload:
        return BadRequest("Request Body is empty", code="MissingRequestBodyError")
    where = shape.serialization.get("location")
    wire_name = shape.serialization.get("name", name)
    if where == "header":
        return BadRequest(f"Missing required header for this request: {wire_name}", code="InvalidRequest")
    if where is not None:
        return BadRequest(
            f"The request lacks {wire_name}",
            code="InvalidArgument",
            members={"ArgumentName": wire_name},
        )
    return BadRequest(f"{_MALFORMED}: {name} is missing", code="MalformedXML")
