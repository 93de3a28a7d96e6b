"""What an operation takes, as a form needs it: the members of its request, nested, with their constraints.

structure  Members, Required
list, map  Of, and Least and Most of their elements
string     Enum, Pattern, and Least and Most of its length
number     Least and Most
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, StructureShape

from clary.domain.errors import UnknownOperation
from clary.wire.models import find_operation_model

from .operations import SERVICES

if TYPE_CHECKING:
    from botocore.model import Shape

_NUMBERS = ("integer", "long", "float", "double")
_CONSTRAINTS = {"enum": "Enum", "pattern": "Pattern", "min": "Least", "max": "Most"}


@cache
def request_shape(service: str, operation: str) -> dict[str, Any]:
    """Raises UnknownOperation."""
    model = find_operation_model(service, operation) if service in SERVICES else None
    if model is None or model.input_shape is None or model.has_streaming_input or model.has_streaming_output:
        raise UnknownOperation(f"there is no operation {service[:64]}/{operation[:64]} with a request")
    return _told(model.input_shape, ())


def _told(shape: Shape, within: tuple[str, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {"Type": "number" if shape.type_name in _NUMBERS else shape.type_name}
    if shape.type_name in ("integer", "long"):
        told["IsWhole"] = True
    told |= {
        name: shape.metadata[key]
        for key, name in _CONSTRAINTS.items()
        if shape.metadata.get(key) not in (None, "", [])
    }
    if shape.name in within:
        # A shape inside of itself: as JSON.
        return {"Type": "document"}
    within = (*within, shape.name)
    if isinstance(shape, StructureShape):
        told["Members"] = {name: _told(member, within) for name, member in shape.members.items()}
        told["Required"] = list(shape.required_members)
    elif isinstance(shape, ListShape):
        told["Of"] = _told(shape.member, within)
    elif isinstance(shape, MapShape):
        told["Of"] = _told(shape.value, within)
    return told
