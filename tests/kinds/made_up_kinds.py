"""Puts the kinds of ``made_up`` beside those of the platform, for one test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clary import kinds
from clary.store.attribute_index.joined import JOINED

FOLDER = Path(__file__).with_name("made_up")


@contextmanager
def made_up_kinds() -> Iterator[None]:
    before, searched = list(kinds.__path__), dict(JOINED)
    kinds.__path__ = [*before, str(FOLDER)]
    try:
        yield
    finally:
        kinds.__path__ = before
        JOINED.clear()
        JOINED.update(searched)
        for name in [name for name in sys.modules if name.startswith("clary.kinds.sample_")]:
            del sys.modules[name]
