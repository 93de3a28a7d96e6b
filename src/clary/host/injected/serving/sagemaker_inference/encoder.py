"""Values to bodies."""

from __future__ import annotations

from clary_serving.formats import CSV, JSON, NPY, encode  # type: ignore[import-not-found, import-untyped, unused-ignore]

SUPPORTED_CONTENT_TYPES = {JSON, CSV, NPY}

__all__ = ["SUPPORTED_CONTENT_TYPES", "encode"]
