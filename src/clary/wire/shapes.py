"""The identity of botocore's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from botocore.model import Shape


def shape_key(shape: Shape) -> Hashable:
    """Returns a key that is equal for shapes of one service with the same form on the wire.

    botocore makes a new object for every reference to a shape, and a reference may have a wire name or a
    location of its own: neither the object's identity nor its name is a key.
    """
    return shape.name, shape.type_name, repr(sorted(shape.serialization.items(), key=str))
