"""What ``clary doctor`` says of the Ray cluster of CLARY_COMPUTE, and of each of its nodes."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from clary.cli.machine_check import MachineCheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.compute.backends.ray.link import DriverLink
    from clary.server.settings import Settings

CONNECT_S = 90.0
REPORT_S = 60.0
ENOUGH_DISK_BYTES = 10 * 2**30


def examine_cluster(settings: Settings) -> Iterator[MachineCheck]:
    """Connects to the cluster as the server does, and asks every node."""
    from clary.domain.errors import PlatformError
    from clary.server.cluster import cluster_link
    from clary.server.settings import SettingsError
    from clary.server.state import StateFolder

    state = StateFolder(settings.home)
    if not (state.home / "server.id").exists():
        yield MachineCheck(
            "cluster", None, "this state folder has had no server yet", "Start it first, with: clary up -d"
        )
        return
    try:
        link = cluster_link(settings, state)
    except SettingsError as error:
        yield MachineCheck("cluster", False, str(error))
        return
    assert link is not None
    try:
        link.begin()
        if trouble := _wait(link):
            yield MachineCheck(
                "cluster",
                False,
                trouble,
                "Start it with `ray start --head`, or correct CLARY_COMPUTE. Ray has to be of one version "
                "everywhere; where it wants a token, the server needs RAY_AUTH_MODE and RAY_AUTH_TOKEN.",
            )
            return
        cpus = sum(node["Cpus"] for node in link.nodes)
        yield MachineCheck(
            "cluster", True, f"{len(link.nodes)} nodes with {cpus:g} CPUs at {settings.compute}"
        )
        urls: dict[str, str] = {}
        for node in link.nodes:
            try:
                urls[node["Address"]] = _url(settings, state.server(), node["Address"])
            except PlatformError as error:
                yield MachineCheck(f"node {node['Address']}", False, error.message)
        reports = asyncio.run(_reports(link, urls))
        for address in urls:
            report = reports.get(address, {"trouble": "it does not answer"})
            yield node_check(address, report, urls[address], containers=settings.containers)
    finally:
        link.close()


def node_check(address: str, report: dict[str, Any], url: str, *, containers: bool = False) -> MachineCheck:
    """Returns what is said of one node. report: what it answered; ``trouble`` if it did not.

    containers: whether nodes have to run containers.
    """
    what = f"node {address}"
    if trouble := report.get("trouble"):
        return MachineCheck(
            what, False, trouble, "Look at Ray's own logs there. The keeper of a node is one of its actors."
        )
    said = (
        f"Ray {report['ray']}, Python {', '.join(report['pythons'])}, sandbox {report['sandbox']}, "
        f"{report['free_bytes'] / 2**30:.0f} GiB free at {report['folder']}"
    )
    if report["engine"]:
        said += f", container engine {report['engine']}"
    if report["unreached"]:
        return MachineCheck(
            what,
            False,
            f"{said}; it can't reach this server at {url}: {report['unreached']}",
            "Open the port, or say with CLARY_URL how nodes reach the server.",
        )
    if containers and not report["engine"]:
        return MachineCheck(
            what,
            False,
            f"{said}; no container engine",
            "Start Docker or Podman there before `ray start`, or let DOCKER_HOST say where it is. Until then "
            "only images that Clary builds environments for run on it.",
        )
    remedies = []
    if report["sandbox"] == "none":
        remedies.append(
            f"Jobs run there without a private /opt/ml ({report['sandbox_reason']}): install bubblewrap, or "
            "allow user namespaces."
        )
    if not report["uv"]:
        remedies.append("Jobs with a requirements.txt fail there: pip install uv in the Python of its Ray.")
    if report["free_bytes"] < ENOUGH_DISK_BYTES:
        remedies.append("An environment takes 0.3 to 3 GiB: make room, or move CLARY_RAY_FOLDER.")
    return MachineCheck(what, None if remedies else True, said, " ".join(remedies))


def _wait(link: DriverLink) -> str:
    """Waits until the nodes are known; returns why they can't be."""
    until = time.monotonic() + CONNECT_S
    while not link.generation:
        if link.trouble:
            return link.trouble
        if time.monotonic() > until:
            return f"no answer within {CONNECT_S:g} s"
        time.sleep(0.05)
    return ""


def _url(settings: Settings, server: dict[str, Any], address: str) -> str:
    """Returns how hosts of a node reach the server; empty when it does not run. Raises PlatformError."""
    from clary.domain.hosts import Endpoint
    from clary.server.cluster import TlsAddress, endpoints_of_nodes

    if not server.get("url"):
        return settings.url
    tls = TlsAddress(server["tls_port"]) if server.get("tls_port") else None
    here = Endpoint(server["url"], settings.region, settings.account)
    return endpoints_of_nodes(settings, here, tls)(address).url


async def _reports(link: DriverLink, urls: dict[str, str]) -> dict[str, dict[str, Any]]:
    try:
        async with asyncio.timeout(REPORT_S):
            found: dict[str, dict[str, Any]] = await link.ask("report", urls=urls)
    except TimeoutError:
        return {}
    return found
