"""A container engine on each machine of a cluster: Podman, as in ``engine.py``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.harness.machines import Machine
from bench.harness.processes import clean_environ
from tests.engine import archive, configure, configured, import_image, wait_for_engine

from clary.host.container.engine import Engine
from clary.host.container.orders import HOST_LABEL

FOLDER = Path("/tmp/engine")
"""On each machine: a folder of its own."""
ADDRESS = f"unix://{FOLDER}/engine.sock"
"""As programs on the machine have it."""


@dataclass(frozen=True, slots=True)
class NodeEngine:
    machine: Machine

    @property
    def api(self) -> Engine:
        """As it is reached from here."""
        return Engine(f"unix://{self.machine.own_path(FOLDER)}/engine.sock")

    def left(self) -> list[str]:
        """Returns the names of all containers and networks of jobs."""
        containers = [each["Names"][0] for each in self.api.containers(HOST_LABEL)]
        return [*containers, *(each["Name"] for each in self.api.networks("clary*"))]

    def start(self) -> None:
        self.machine.own_path(FOLDER).mkdir(exist_ok=True)
        written = self.machine.own_path(FOLDER)
        if not (written / "storage.conf").exists():
            configure(written, FOLDER, FOLDER)
        service = self.machine.start(
            [*self._podman, "system", "service", "--time", "0", ADDRESS], environ=self._environ, log="podman"
        )
        wait_for_engine(self.api, service, self.machine.folder / "podman")

    def end(self) -> None:
        """Ends what runs in it, whose processes and mounts would stay on a machine that goes on."""
        self.podman("rm", "-fa", "-t", "0")
        self.podman("network", "prune", "-f")

    def podman(self, *words: str) -> str:
        """Runs a command of Podman on the machine; returns what it printed."""
        return self.machine.run([*self._podman, *words], environ=self._environ, timeout_s=120.0)

    def add_image(self, toolkit: Path | None = None) -> None:
        import_image(self.api, archive(toolkit))

    @property
    def _podman(self) -> list[str]:
        return [
            "podman",
            "--root",
            f"{FOLDER}/root",
            "--runroot",
            f"{FOLDER}/run",
            "--tmpdir",
            f"{FOLDER}/tmp",
        ]

    @property
    def _environ(self) -> dict[str, str]:
        return {**clean_environ(), **configured(FOLDER)}


@contextmanager
def engines_on(machines: Sequence[Machine]) -> Iterator[list[NodeEngine]]:
    """Runs an engine on each machine, without images, until the machines end."""
    engines = [NodeEngine(machine) for machine in machines]
    try:
        for engine in engines:
            engine.start()
        yield engines
    finally:
        for engine in engines:
            if engine.machine.is_on:
                engine.end()
