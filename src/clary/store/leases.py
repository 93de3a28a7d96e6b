"""Leases of records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class LeaseLost(Exception):
    """The lease has expired, or the record was leased again: nothing was written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write the observed state of one record, until ``until`` (epoch seconds).

    token: unique for each lease. When the record is leased again, by any holder, the earlier lease is void.
    """

    kind: str
    name: str
    token: str
    until: float
    document: dict[str, Any]
