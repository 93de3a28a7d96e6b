"""A server on this machine whose jobs run on the nodes of a Ray cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bench.harness.machines import Machine
from bench.harness.ray_cluster import RayCluster
from tests.journeys.conftest import execution_role
from tests.journeys.jobs import IMAGE, Jobs, unique_name
from tests.journeys.server import Server, wait_for

from clary.compute.environments import Catalogue, Environments, environments_root

SCRIPT = "waiting_for_a_word.py"
START_S = 120.0


@dataclass
class Site:
    """A cluster, and the server."""

    cluster: RayCluster
    server: Server
    jobs: Jobs

    def begin(self, **wishes: Any) -> str:
        """Starts a job that waits for the word of its own name."""
        name = wishes.pop("name", "") or unique_name("waits")
        words = {"bucket": self.jobs.bucket, "word": name, "renewals": wishes.pop("renewals", 0)}
        return self.jobs.create(SCRIPT, name=name, hyperparameters=words, **wishes)

    def say(self, name: str) -> None:
        self.jobs.upload(name, b"")

    def place(self, name: str, host: str = "algo-1") -> str:
        """The address that a running host has printed."""

        def said() -> bool:
            return any(line.startswith("RESULT ") for line in self.jobs.log(name, host))

        wait_for(said, f"{name}/{host} to say where it runs", timeout_s=START_S)
        return str(self.jobs.printed(name, host)["address"])

    def renew(self, machine: Machine) -> None:
        """Adds a machine again that was taken away, or is taken away now, when Ray has noticed that."""
        nodes = len(self.cluster.machines.all)
        machine.power_off()
        self.cluster.wait_for_nodes(nodes - 1)
        self.cluster.machines.power_on(machine)
        self.cluster.start(machine)
        self.cluster.wait_for_nodes(nodes)


@contextlib.contextmanager
def served(
    cluster: RayCluster, tmp_path_factory: pytest.TempPathFactory, settings: Mapping[str, str]
) -> Iterator[Site]:
    """Starts a server for a cluster, and ends it. settings: further ``CLARY_*`` variables."""
    own = {
        "CLARY_COMPUTE": cluster.client_address,
        "CLARY_RAY_PYTHON": str(cluster.programs / "python"),
        "CLARY_RAY_FOLDER": "/tmp/clary-nodes",
        "CLARY_HOST": cluster.machines.address,
        **cluster.access,
    }
    server = Server(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user"), {**own, **settings})
    server.start()
    clients = server.session(root=True)
    clients("s3").create_bucket(Bucket="cluster")
    yield Site(cluster, server, Jobs(clients, "cluster", execution_role(server)))
    server.stop()


def hidden_environment() -> Path:
    """The environment of the short jobs, built where it is missing. Nodes have to be brought it."""
    recipe = Catalogue.load().resolve(IMAGE, gpu=False)
    return Path(Environments(environments_root()).build(recipe, lambda progress: None).prefix)
