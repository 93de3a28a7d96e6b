"""Finds the kinds: every folder of ``clary.kinds`` exports one as ``KIND``."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from clary import kinds as package

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .kind import Kind


def all_kinds() -> Mapping[str, Kind]:
    """Every kind, by the kind of its records."""
    return _found(tuple(package.__path__))


def find_kind(record_kind: str) -> Kind | None:
    return all_kinds().get(record_kind)


@cache
def _found(path: tuple[str, ...]) -> Mapping[str, Kind]:
    found: dict[str, Kind] = {}
    for module in pkgutil.iter_modules(path):
        if module.ispkg:
            kind: Kind = importlib.import_module(f"{package.__name__}.{module.name}").KIND
            found[kind.record_kind] = kind
    return found
