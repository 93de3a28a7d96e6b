"""What the lineage has of an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.kinds.model_sources import MODEL_FOLDER, model_sources
from clary.kinds.serving_lineage import follow_copy, follow_endpoint

from .generations import find_instance

if TYPE_CHECKING:
    from clary.kinds.serving_lineage import LineageStores

Document = dict[str, Any]


def follow_lineage(stores: LineageStores, endpoint: Document) -> None:
    """Updates the endpoint's entities, and tells which model its hosts have loaded."""
    follow_endpoint(stores, endpoint)
    copies: dict[str, str] = {}
    for host, report in endpoint.get("_Reports", {}).items():
        try:
            _, container = find_instance(endpoint, host)
        except KeyError:
            continue  # of a generation that is gone
        if report.get("ModelContent"):
            # What lies elsewhere is data beside the model.
            own = [each.uri for each in model_sources(container) if each.local_path == MODEL_FOLDER]
            copies |= dict.fromkeys(own, report["ModelContent"])
    for uri, content in copies.items():
        follow_copy(stores, uri, content)
