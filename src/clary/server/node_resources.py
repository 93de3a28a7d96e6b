"""The resources of a cluster that hosts ask for by their instance type (CLARY_RAY_RESOURCES).

ml.p4d.*=accelerator_type:A100,ml.c5.*=spot:1    a pattern, a resource, and how much of it (0.001 without)
"""

from __future__ import annotations

import contextlib
import re

PRESENT = 0.001
"""Of a resource that a node only has to have."""
_OWN = ("CPU", "GPU", "memory", "object_store_memory")


def parse_resources(text: str) -> list[tuple[str, str, float]]:
    """Returns (pattern, resource, amount). Raises ValueError, whose message goes on after "it is ...;"."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        pattern, equals, asked = (each.strip() for each in part.partition("="))
        resource, amount = asked, PRESENT
        name, colon, number = asked.rpartition(":")
        with contextlib.suppress(ValueError):
            resource, amount = (name, float(number)) if colon else (asked, PRESENT)
        if not equals or not re.fullmatch(r"ml\.[A-Za-z0-9.*?\[\]-]+", pattern) or not resource:
            raise ValueError(f"{part!r} does not look like ml.p4d.*=accelerator_type:A100 or ml.c5.*=spot:1")
        if resource in _OWN:
            raise ValueError(f"{resource} is what the instance type itself says")
        # Ray takes more than one of a resource only as a whole number.
        if not 0 < amount < 1e6 or (amount > 1 and amount != int(amount)):
            raise ValueError(
                f"the amount of {resource} is {number}; it is a fraction of 1, or a whole number"
            )
        found.append((pattern, resource, amount))
    return found
