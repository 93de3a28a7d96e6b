"""Answers the questions of services and the runner about this machine, from ``compute``."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clary.compute.engine_images import EngineImages
from clary.compute.environments import (
    Catalogue,
    EnvironmentBuildFailed,
    Environments,
    MachineSupply,
    Progress,
    Recipe,
    UnknownImage,
    environments_root,
)
from clary.compute.instances import instance_type
from clary.compute.machine_capacity import MachineCapacity, machine_size
from clary.domain.errors import BadRequest, LimitExceeded
from clary.host.inputs.installed import installed_packages
from clary.kinds.machine_use import MachineUse
from clary.runner.context import ReadyImage

from .disk_report import DiskReport
from .ecr.registry_server import RegistryServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.compute.backends.ray.images import NodeImages
    from clary.compute.capacity import Capacity, HostSize, Size
    from clary.compute.environments.packing import PackedEnvironment
    from clary.domain.hosts import EnvironmentSpec
    from clary.server.settings import Settings
    from clary.server.state import StateFolder

    from .ecr.job_images import JobImages, PushedImage


ENGINE_AWAY_S, ENGINE_AGAIN_S = 60.0, 0.5
"""How long the engine may be away when a job needs its image, as at a restart, and how often it is asked."""


class ThisMachine:
    """The images and instance types that this machine can serve."""

    def __init__(
        self,
        settings: Settings,
        state: StateFolder,
        cluster: Capacity | None = None,
        node_images: NodeImages | None = None,
    ) -> None:
        """cluster: of machines that take the place of this one for all that queues. node_images: those of
        their container engines, where these run images.
        """
        self.capacity: Capacity = cluster or MachineCapacity(machine_size(), settings.cpu_overcommit)
        self._disk = DiskReport(state.home, self._environments_root(settings))
        self._strict = settings.strict_instances
        self.serverless_idle_s = settings.serverless_idle_s
        self._images_folder = state.images
        root = self._environments_root(settings)
        self.environments = Environments(root)
        self._supply = MachineSupply(root)
        own_engine = settings.containers and not settings.cluster
        self._engine = EngineImages(os.environ) if own_engine else node_images
        self._on_cluster = bool(settings.cluster)
        self.registry = RegistryServer(state.home / "registry", state.home / "registry.run")
        self._pushed: JobImages | None = None
        self._builds: dict[str, asyncio.Task[ReadyImage]] = {}
        self._listeners: dict[str, list[Callable[[str], None]]] = {}

    @staticmethod
    def _environments_root(settings: Settings) -> Path:
        return settings.environments or environments_root()

    @property
    def size(self) -> Size:
        return self.capacity.size

    def use(self) -> MachineUse:
        used, running, waiting = self.capacity.taken()
        size = self.size
        return MachineUse(
            cpus=size.cpus,
            memory_bytes=size.memory_bytes,
            gpus=size.gpus,
            used_cpus=used.cpus,
            used_memory_bytes=used.memory_bytes,
            used_gpus=used.gpus,
            running=running,
            waiting=waiting,
            disk=self._disk.look(),
        )

    def catalogue(self) -> Catalogue:
        """Read anew on each call: a user may add a family while the server runs."""
        return Catalogue.load(self._images_folder, supply=self._supply)

    def recipe(self, image_uri: str) -> Recipe:
        return self.catalogue().resolve(image_uri, gpu=self.size.gpus > 0)

    def check_registry(self) -> None:
        self.registry.check()

    def serve_pushed(self, images: JobImages) -> None:
        """From now on jobs may name what was pushed to ECR."""
        self._pushed = images

    def check_image(self, image_uri: str) -> None:
        if self._find_pushed(image_uri) is None and not self._in_engine(image_uri):
            self._recognize(image_uri)

    def repository_of(self, image_uri: str) -> str:
        return "" if self._pushed is None else self._pushed.repository_of(image_uri)

    def _find_pushed(self, image_uri: str) -> PushedImage | None:
        """Returns an image of ECR. Raises BadRequest for one that can't run here."""
        found = None if self._pushed is None else self._pushed.find(image_uri)
        if found is not None and self._engine is None:
            how = "CLARY_COMPUTE=container, beside Docker or Podman"
            if self._on_cluster:
                how = "CLARY_COMPUTE=container+ray://..., with Docker or Podman on the nodes"
            raise BadRequest(
                f"{image_uri} is in ECR, but this server runs no containers: start it with {how}"
            )
        return found

    def _recognize(self, image_uri: str) -> None:
        """Raises BadRequest when the catalogue has no such image. ECR and the engine have none."""
        try:
            self.catalogue().family(image_uri)
        except UnknownImage as error:
            tried = [
                "" if self._pushed is None else self._pushed.has_not(image_uri),
                "" if self._engine is None else self._engine.has_not(image_uri),
                error.message,
            ]
            raise UnknownImage(" ".join(filter(None, tried))) from error

    def isolates(self, image_uri: str) -> bool:
        return self._in_container(image_uri)

    def algorithm_metrics(self, image_uri: str) -> tuple[tuple[str, str], ...]:
        if self._in_container(image_uri):
            return ()
        return self.catalogue().family(image_uri).algorithm_metrics

    def _in_container(self, image_uri: str) -> bool:
        return self._find_pushed(image_uri) is not None or self._in_engine(image_uri)

    def _in_engine(self, image_uri: str) -> bool:
        return self._engine is not None and self._engine.find(image_uri) is not None

    def packed_environment(self, key: str) -> PackedEnvironment | None:
        try:
            return self.environments.packed(key)
        except (LookupError, ValueError):  # none, or no key
            return None

    def check_cluster(self, instance_type_name: str, instance_count: int) -> None:
        """Raises BadRequest for an unknown instance type, LimitExceeded for a refused larger machine."""
        size = self.host_size(instance_type_name, instance_count)
        if self._strict and size.note:
            raise LimitExceeded(
                f"{size.note}, and CLARY_STRICT_INSTANCES forbids that; choose a smaller instance type"
            )

    def host_size(self, instance_type_name: str, cluster_count: int) -> HostSize:
        return self.capacity.host_size(instance_type(instance_type_name), cluster_count)

    async def ready(self, image_uri: str, on_progress: Callable[[str], None]) -> ReadyImage:
        """Returns the environment of an image name. Jobs that need the same one share its build."""
        if self._engine is not None:
            container = await self._container_of(image_uri, self._engine, on_progress)
            if container is not None:
                return ReadyImage(container, "", "", _software(container))
        recipe = await asyncio.to_thread(self.recipe, image_uri)
        found = await asyncio.to_thread(self.environments.find, recipe)
        if found is not None:
            return await asyncio.to_thread(_ready, recipe, found)
        listeners = self._listeners.setdefault(recipe.key, [])
        listeners.append(on_progress)
        task = self._builds.get(recipe.key)
        if task is None:
            task = asyncio.create_task(self._build(recipe), name=f"build {recipe.key}")
            self._builds[recipe.key] = task
        try:
            return await asyncio.shield(task)
        finally:
            listeners.remove(on_progress)

    async def _container_of(
        self, image_uri: str, engine: EngineImages | NodeImages, on_progress: Callable[[str], None]
    ) -> EnvironmentSpec | None:
        """Returns an image for containers; None for one of the catalogue. Waits for an engine that restarts.

        Raises BadRequest.
        """
        give_up_at = time.monotonic() + ENGINE_AWAY_S
        last = not isinstance(engine, EngineImages)
        while True:
            container = await self._container(image_uri, engine, on_progress)
            if container is not None:
                return container
            try:
                await asyncio.to_thread(self._recognize, image_uri)
                return None
            except UnknownImage:
                if last or not isinstance(engine, EngineImages):
                    raise
            # One that answers by now is asked for the image once more.
            last = time.monotonic() > give_up_at or await asyncio.to_thread(engine.answers)
            if not last:
                on_progress("The container engine does not answer; the job waits for it")
                await asyncio.sleep(ENGINE_AGAIN_S)

    async def _container(
        self, image_uri: str, engine: EngineImages | NodeImages, on_progress: Callable[[str], None]
    ) -> EnvironmentSpec | None:
        """Returns an image of ECR, which it loads into the engine, or one that the engine has.

        Nodes load those of ECR themselves.
        """
        pushed = await asyncio.to_thread(self._find_pushed, image_uri)
        if not isinstance(engine, EngineImages):
            if pushed is not None:
                return engine.pushed(image_uri, pushed.id, f"{pushed.repository}@{pushed.digest}")
            return await engine.found(image_uri, on_progress)
        if pushed is None or self._pushed is None:
            return await asyncio.to_thread(engine.find, image_uri)
        loop = asyncio.get_running_loop()

        def tell(message: str) -> None:
            loop.call_soon_threadsafe(on_progress, message)

        return await asyncio.to_thread(self._pushed.into_engine, pushed, engine, tell)

    async def _build(self, recipe: Recipe) -> ReadyImage:
        loop = asyncio.get_running_loop()

        def tell(message: str) -> None:
            for listener in self._listeners.get(recipe.key, []):
                listener(message)

        def on_progress(progress: Progress) -> None:
            loop.call_soon_threadsafe(tell, f"Building the environment {recipe.key}: {progress.text}")

        try:
            built = await asyncio.to_thread(self.environments.build, recipe, on_progress)
        except EnvironmentBuildFailed as error:
            raise BadRequest(str(error)) from error
        finally:
            del self._builds[recipe.key]
        return await asyncio.to_thread(_ready, recipe, built)


def _software(environment: EnvironmentSpec) -> str:
    assert environment.container is not None
    return f"{environment.name} in a container (image {environment.container.id.partition(':')[2][:12]})"


def _ready(recipe: Recipe, environment: EnvironmentSpec) -> ReadyImage:
    packages = installed_packages(Path(environment.prefix))
    return ReadyImage(environment, recipe.algorithm, recipe.note, recipe.name, packages)
