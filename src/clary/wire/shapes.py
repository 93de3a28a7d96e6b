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


def json_name(service: str, name: str, member: Shape) -> str:
    """Returns the name of a member in JSON.

    That is its name on the wire. Members of S3, whose wire has no JSON, keep their own: there, names on the
    wire are of headers, of query parameters and of XML elements (``prefix``, ``x-amz-meta-``, ``Version``).
    """
    return name if service == "s3" else str(member.serialization.get("name", name))
