"""The Ray cluster of ``CLARY_COMPUTE``, as this server uses it. Nothing of it is loaded without one."""

from __future__ import annotations

import importlib.util
import socket
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clary.domain.errors import BadRequest
from clary.server.node_resources import parse_resources
from clary.server.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clary.compute.backend import Backend
    from clary.compute.backends.process import ProcessBackend
    from clary.compute.backends.ray.images import NodeImages
    from clary.compute.backends.ray.link import DriverLink
    from clary.compute.capacity import Capacity
    from clary.domain.hosts import Endpoint
    from clary.server.settings import Settings
    from clary.server.state import StateFolder

WILDCARDS = ("0.0.0.0", "::", "")


def cluster_link(settings: Settings, state: StateFolder) -> DriverLink | None:
    """Returns the link to the cluster; None where the settings name none. Raises SettingsError."""
    if not settings.cluster:
        return None
    from clary.compute.backends.ray.link import DriverLink
    from clary.compute.backends.ray.messages import DriverSettings

    if not settings.ray_python and importlib.util.find_spec("ray") is None:
        raise SettingsError(
            f"CLARY_COMPUTE is {settings.compute}, and Ray is not installed. Install the cluster's version "
            "beside Clary (pip install 'clary[ray]'), or name a Python that has it with CLARY_RAY_PYTHON"
        )
    driver = DriverSettings(
        cluster_address(settings.cluster),
        f"clary-{state.server_name()}",
        settings.ray_folder,
        settings.sandbox,
        settings.delivery_s,
        rests=settings.ray_autoscales,
        environments_bytes=settings.ray_environments_gb << 30,
    )
    return DriverLink(settings.ray_python or sys.executable, driver, state.home / "ray.log")


def cluster_capacity(link: DriverLink, settings: Settings) -> Capacity:
    from clary.compute.backends.ray.capacity import ClusterCapacity

    resources = parse_resources(settings.ray_resources)
    return ClusterCapacity(link, scales=settings.ray_autoscales, resources=resources)


def node_images(link: DriverLink, settings: Settings) -> NodeImages | None:
    """Returns the images of the nodes' container engines; None where nodes run no containers."""
    if not settings.containers:
        return None
    from clary.compute.backends.ray.images import NodeImages

    return NodeImages(link)


def cluster_backend(link: DriverLink, here: ProcessBackend) -> Backend:
    from clary.compute.backends.ray.backend import RayBackend
    from clary.compute.backends.ray.beside import ClusterAndHere

    return ClusterAndHere(RayBackend(link), here)


def cluster_address(compute: str) -> str:
    """Returns what ``ray.init`` takes: ``ray://host:10001`` as it is, ``host:6379`` of ``ray:host:6379``."""
    rest = compute.removeprefix("ray:")
    return compute if rest.startswith("//") and rest != "//auto" else rest.removeprefix("//")


@dataclass(frozen=True, slots=True)
class TlsAddress:
    """The port that speaks TLS. own_certificate: its file, where no authority has signed it."""

    port: int
    own_certificate: Path | None = None


def endpoints_of_nodes(
    settings: Settings, here: Endpoint, tls: TlsAddress | None
) -> Callable[[str], Endpoint]:
    """Returns the function from the address of a node to where its hosts reach this server.

    here: for hosts on this machine.
    """

    def endpoint(address: str) -> Endpoint:
        if is_own_address(address):
            return here
        url = settings.url or outside_url(settings, here.url, tls, address)
        if not url:
            raise BadRequest(
                f"the node {address} can't reach this server, which listens on {settings.host} only. Let it "
                "listen on an address of the network (CLARY_HOST), or say how nodes reach it (CLARY_URL)"
            )
        certificate = ""
        if tls is not None and tls.own_certificate is not None and urlsplit(url).port == tls.port:
            certificate = tls.own_certificate.read_text()
        return type(here)(url, here.region, here.account, certificate=certificate)

    return endpoint


def outside_url(settings: Settings, own: str, tls: TlsAddress | None, node: str) -> str:
    """Returns the URL under which a node reaches this server; empty if it listens on loopback only.

    own: the URL for this machine.
    """
    if settings.host.startswith("127.") or settings.host in ("localhost", "::1"):
        return ""
    scheme, port = ("http", urlsplit(own).port) if tls is None else ("https", tls.port)
    host = address_towards(node) if settings.host in WILDCARDS else settings.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def address_towards(node: str) -> str:
    """Returns the address of this machine in the network of a node. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect((node, 9))
        return str(asked.getsockname()[0])


@cache
def is_own_address(address: str) -> bool:
    """Whether an address is one of this machine's."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM) as tried:
        try:
            tried.bind((address, 0))
        except OSError:
            return False
    return True
