"""The first argument of every operation: the caller, the stores, the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.domain.identity import Caller
    from clary.kinds.stores import Machines
    from clary.services.access.authorize import RoleMay
    from clary.services.access.credentials import Keyring
    from clary.services.access.kept_keys import KeptKeys
    from clary.services.reading import Reading
    from clary.store.links import Links
    from clary.store.logs import LogStore
    from clary.store.metrics import MetricStore
    from clary.store.object_store import S3Store
    from clary.store.records import Records
    from clary.store.tags import Tags

Document = dict[str, Any]
"""What an operation returns, or a part of it."""

Record = dict[str, Any]
"""The stored document of one resource."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that the operation of one request may use. ``now`` is the clock (epoch seconds)."""

    caller: Caller
    account: str
    region: str
    records: Records
    tags: Tags
    links: Links
    blobs: S3Store
    logs: LogStore
    metrics: MetricStore
    keyring: Keyring
    machines: Machines
    reading: Reading
    now: Callable[[], float]
    may: Callable[[str, str], bool]
    """Whether the caller may do ``action`` on ``resource_arn``. For further checks of an operation."""
    role_may: RoleMay
    """Whether a job's role may do it: (role ARN, action, resource ARN, condition keys of the action)."""
    kept_keys: KeptKeys | None = None
    """The keys of the installation, where they are kept; None where an operation has no server."""
    server_url: str = ""
    """Where the caller reached this server, ``http://host:port``; empty without a request."""
