"""The kind of tuning jobs."""

from __future__ import annotations

from clary.domain.errors import NotFound
from clary.kinds.kind import Kind
from clary.kinds.own_experiment import forget_experiment

from .record import make
from .search_members import SEARCH_MEMBERS
from .state import follows, next_state, series


def _missing(name: str) -> NotFound:
    return NotFound(
        f"Amazon SageMaker can't find a tuning job with the name {name}.", code="ResourceNotFound"
    )


KIND = Kind(
    record_kind="hyper-parameter-tuning-job",
    noun="HyperParameterTuningJob",
    make=make,
    next_state=next_state,
    search_members=SEARCH_MEMBERS,
    forget=forget_experiment,
    missing=_missing,
    follows=follows,
    series=series,
)
