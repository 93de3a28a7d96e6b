"""Telling botocore's shapes apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from botocore.model import Shape


def shape_key(shape: Shape) -> Hashable:
    """Equal for shapes of one service that are spelled alike on the wire.

    botocore makes a new object for every reference to a shape, so identity tells nothing; a reference
    may bring a wire name or a location of its own, so the name alone does not tell either.
    """
    return shape.name, shape.type_name, repr(sorted(shape.serialization.items(), key=str))
