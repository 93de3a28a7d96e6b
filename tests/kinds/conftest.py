"""Records are made with the context of a request; the runner's has the same stores."""

from __future__ import annotations

from tests.services.conftest import clock, ctx

__all__ = ["clock", "ctx"]
