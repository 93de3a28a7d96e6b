"""Which endpoints serve a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .generations import serving_generation, variants

if TYPE_CHECKING:
    from clary.store.records import Records

Document = dict[str, Any]


def serving_endpoints(records: Records) -> dict[str, list[Document]]:
    """The endpoints that send requests to a model, or a copy of them, by the name of the model."""
    found: dict[str, list[Document]] = {}
    for endpoint in records.each("endpoint"):
        generation = serving_generation(endpoint)
        models = {variant["ModelName"] for _, variant in variants(generation)} if generation else set()
        for model in models:
            found.setdefault(model, []).append(endpoint)
    return found
