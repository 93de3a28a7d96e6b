"""The requests of the private operations of host agents (``hosts.py``).

No model validates them: all that is known is that ``Host`` is a string. Every other member is an ``object``,
so that the type checker asks for a check before its use.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict


class HostRequest(TypedDict):
    """Host: a ``HostName`` as text."""

    Host: str


class ReportHostRequest(HostRequest):
    Report: NotRequired[object]


class ReportPackagesRequest(HostRequest):
    """Packages: those of Environment, each as ``torch==2.6.0``."""

    Environment: NotRequired[object]
    Packages: NotRequired[object]


class ReportRulesRequest(HostRequest):
    """First: how many events of this Attempt came before these Events."""

    Attempt: NotRequired[object]
    First: NotRequired[object]
    Events: NotRequired[object]


class ProfilerConfigRequest(HostRequest):
    pass


class InterruptionRequest(HostRequest):
    pass


class GetHostAddressesRequest(HostRequest):
    pass


class RoleCredentialsRequest(HostRequest):
    pass


class GetEnvironmentRequest(HostRequest):
    """Environment: the key of an environment that an image name stands for."""

    Environment: NotRequired[object]


class LocateObjectsRequest(HostRequest):
    """Keys, or all that begin with Prefix, those after StartAfter. Urls: true for addresses to read from."""

    Bucket: NotRequired[object]
    Prefix: NotRequired[object]
    StartAfter: NotRequired[object]
    Keys: NotRequired[object]
    Urls: NotRequired[object]


class SignPartsRequest(HostRequest):
    """Parts of an upload: Count of them, from the number First on."""

    Bucket: NotRequired[object]
    Key: NotRequired[object]
    UploadId: NotRequired[object]
    First: NotRequired[object]
    Count: NotRequired[object]


class PutHostUtilizationRequest(HostRequest):
    Points: NotRequired[object]


class PutHostMetricsRequest(HostRequest):
    """Sequence: how many points the host has sent before these Points."""

    Sequence: NotRequired[object]
    Points: NotRequired[object]
