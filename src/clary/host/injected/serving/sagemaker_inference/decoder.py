"""Bodies to arrays."""

from __future__ import annotations

from clary_serving.formats import CSV, JSON, NPY, NPZ, decode  # type: ignore[import-not-found, import-untyped, unused-ignore]

SUPPORTED_CONTENT_TYPES = {JSON, CSV, NPY, NPZ}

__all__ = ["SUPPORTED_CONTENT_TYPES", "decode"]
