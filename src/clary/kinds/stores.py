"""What the making of a record may touch. Both a request's context and the runner's have all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.store.links import Links
    from clary.store.logs import LogStore
    from clary.store.metrics import MetricStore
    from clary.store.records import Records
    from clary.store.tags import Tags

Document = dict[str, Any]


class Machines(Protocol):
    """What may be asked about where jobs run; the server binds it to the compute side."""

    def check_image(self, image_uri: str) -> None:
        """Raises BadRequest, listing what there is, when no environment serves the image name."""

    def algorithm_metrics(self, image_uri: str) -> tuple[tuple[str, str], ...]:
        """(name, regular expression) of each metric that the built-in algorithm of an image logs."""

    def check_cluster(self, instance_type: str, instance_count: int) -> None:
        """Raises BadRequest when this machine can't run the cluster, not even scaled down."""


class Stores(Protocol):
    """In whose name (``caller``) and where a record is made, the stores it is written to, and the clock."""

    @property
    def caller(self) -> Caller: ...
    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def records(self) -> Records: ...
    @property
    def tags(self) -> Tags: ...
    @property
    def links(self) -> Links: ...
    @property
    def logs(self) -> LogStore: ...
    @property
    def metrics(self) -> MetricStore: ...
    @property
    def machines(self) -> Machines: ...
    def now(self) -> float:
        """Epoch seconds."""
