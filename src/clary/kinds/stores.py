"""What the creation of a record may use. The context of a request and ``OwnedStores`` of the loop have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.store.links import Links
    from clary.store.logs import LogStore
    from clary.store.metrics import MetricStore
    from clary.store.records import Records
    from clary.store.tags import Tags

    from .machine_use import MachineUse

Document = dict[str, Any]


class Machines(Protocol):
    """Questions about the machine that runs jobs. The server binds them to ``clary.compute``."""

    @property
    def serverless_idle_s(self) -> float:
        """How long the host of a serverless variant stays after its last request."""

    def check_image(self, image_uri: str) -> None:
        """Raises BadRequest, listing what there is, when no environment serves the image name."""

    def repository_of(self, image_uri: str) -> str:
        """The ARN of the repository of ECR that an image was pushed to; empty for any other image."""

    def isolates(self, image_uri: str) -> bool:
        """Whether hosts of this image can be without a network: those that run in containers."""

    def algorithm_metrics(self, image_uri: str) -> tuple[tuple[str, str], ...]:
        """(name, regular expression) of each metric that the built-in algorithm of an image logs."""

    def check_cluster(self, instance_type: str, instance_count: int) -> None:
        """Raises BadRequest when this machine can't run the cluster, not even scaled down."""

    def check_registry(self) -> None:
        """Raises BadRequest, with what to install, when there is no server for the images that users push."""

    def packed_environment(self, key: str) -> Any | None:
        """The archive of an environment, to be sent in pieces; None when there is none of this key."""

    def use(self) -> MachineUse:
        """What runs and waits now, and how full the disk is. Safe to call from any thread."""


class Stores(Protocol):
    """caller: the owner of new records."""

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
