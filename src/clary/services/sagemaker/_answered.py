"""Members that Describe and Search always return, for every kind of record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.kinds.answered import completed
from clary.kinds.catalogue import find_kind

if TYPE_CHECKING:
    from clary.services.context import Document

_CONTAINER = {"Mode": "SingleModel", "Environment": {}}
_VARIANT = {"InitialVariantWeight": 1.0}

ANSWERED: dict[str, dict[str, Any]] = {
    "experiment-trial-component": {"Parameters": {}, "InputArtifacts": {}, "OutputArtifacts": {}},
    "artifact": {"Properties": {}},
    "action": {"Properties": {}},
    "context": {"Properties": {}},
    "model": {
        "PrimaryContainer": _CONTAINER,
        "Containers": [_CONTAINER],
        "EnableNetworkIsolation": False,
    },
    "endpoint-config": {
        "ProductionVariants": [_VARIANT],
        "ShadowProductionVariants": [_VARIANT],
        "EnableNetworkIsolation": False,
    },
}
"""Members and their defaults, by record kind; for records that have no kind in ``clary.kinds``."""

_CHOSEN = frozenset({"PrimaryContainer", "Containers", "ShadowProductionVariants"})
"""Members that stay away where the record has none; what is within them is completed."""


def answered(kind: str, record: Document) -> Document:
    """The record with the members that AWS always returns for its kind."""
    known = find_kind(kind)
    return completed(record, ANSWERED.get(kind, {}), _CHOSEN) if known is None else known.answered(record)
