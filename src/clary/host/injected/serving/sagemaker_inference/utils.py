"""Headers in parts."""

from __future__ import annotations

from clary_serving.formats import accepted_types, media_type  # type: ignore[import-not-found, import-untyped, unused-ignore]


def parse_accept(accept: str) -> list[str]:
    return list(accepted_types(accept))


def parse_content_type(content_type: str) -> str:
    return str(media_type(content_type))
