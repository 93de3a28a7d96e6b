"""Everything an operation may touch, handed to it as its first argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.domain.identity import Caller
    from clary.kinds.stores import Machines
    from clary.services.access.authorize import RoleMay
    from clary.services.access.credentials import Keyring
    from clary.store.blobs import BlobStore
    from clary.store.links import Links
    from clary.store.logs import LogStore
    from clary.store.metrics import MetricStore
    from clary.store.records import Records
    from clary.store.tags import Tags

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """One request's world. ``now`` is the clock (epoch seconds)."""

    caller: Caller
    account: str
    region: str
    records: Records
    tags: Tags
    links: Links
    blobs: BlobStore
    logs: LogStore
    metrics: MetricStore
    keyring: Keyring
    machines: Machines
    now: Callable[[], float]
    may: Callable[[str, str], bool]
    """May the caller do ``action`` on ``resource_arn``? For the checks that an operation adds to its own."""
    role_may: RoleMay
    """The same of a job's role: (role ARN, action, resource ARN, condition keys of the action)."""
