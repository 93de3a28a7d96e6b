"""The kind of Autopilot jobs."""

from __future__ import annotations

from clary.domain.errors import NotFound
from clary.kinds.kind import Kind
from clary.kinds.own_experiment import forget_experiment

from .answered import answered
from .record import make
from .state import follows, next_state


def _missing(name: str) -> NotFound:
    return NotFound(f"AutoMLJob with name: {name} not found.", code="ResourceNotFound")


KIND = Kind(
    record_kind="automl-job",
    noun="AutoMLJob",
    make=make,
    next_state=next_state,
    answered=answered,
    forget=forget_experiment,
    missing=_missing,
    follows=follows,
)
