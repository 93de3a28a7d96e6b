"""Environments on this machine: found, built, listed and removed.

root/envs/<key>/     one environment each, complete once its marker is there
root/locks/<key>     held by the process that builds or removes it
root/builds/         a folder for each running build
root/uv-cache/       uv's cache, which shares its files with the environments
root/supply.json     the answers of the package indexes
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from clary.domain.hosts import EnvironmentSpec
from clary.host.removal import remove_tree

from .arrival import fill_from_archive
from .builder import EnvironmentBuilder
from .commands import command_of
from .installer import EnvironmentBuildFailed, OnProgress, Progress
from .layer_building import Layer, fill_layer
from .locks import locked
from .marker import Marker, last_used_at, read_marker, touch, unmark, write_marker
from .packing import PackedEnvironment
from .scratch import scratch_folder
from .serving_support import with_serving
from .tree import tree_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from .recipe import Recipe

_WAITING = Progress("another process builds this environment; waiting for it")


@dataclass(frozen=True, slots=True)
class Installed:
    """One environment of the listing. size_bytes counts shared files too; instants are epoch seconds."""

    key: str
    family: str
    version: str
    python: str
    base: str
    size_bytes: int
    built_at: float
    last_used_at: float


class Environments:
    """All environments in one folder. Threads and processes may share it; a key is built by one at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def find(self, recipe: Recipe) -> EnvironmentSpec | None:
        """Returns the environment of a recipe if it is complete, and records its use."""
        found = self.find_key(recipe.key)
        return None if found is None else with_serving(found, recipe)

    def find_key(self, key: str) -> EnvironmentSpec | None:
        """Returns an environment or layer by its key if it is complete, and records its use."""
        prefix = self._prefix(key)
        marker = read_marker(prefix)
        if marker is None:
            return None
        touch(prefix)
        return self._spec(marker)

    def build(self, recipe: Recipe, on_progress: OnProgress) -> EnvironmentSpec:
        """Builds an environment, or finds it built; may be called again after any failure.

        ``on_progress`` is called on every change and about twice a second; what it raises cancels the
        build and reaches the caller. Raises EnvironmentBuildFailed.
        """
        built = self._build(recipe.key, lambda builder: builder.fill_environment(recipe), on_progress)
        return with_serving(built, recipe)

    def build_layer(self, layer: Layer, on_progress: OnProgress) -> EnvironmentSpec:
        """Builds or finds a layer, as ``build`` does. The base has to exist."""
        base_prefix = self._prefix(layer.base)
        base = read_marker(base_prefix)
        if base is None:
            raise EnvironmentBuildFailed(
                f"The environment {layer.base} is not on this machine; build its image first."
            )
        return self._build(
            layer.key, lambda builder: fill_layer(builder, layer, base, base_prefix), on_progress
        )

    def receive(
        self, came: Marker, built_at: Path, archive: IO[bytes], on_progress: OnProgress
    ) -> EnvironmentSpec:
        """Returns an environment that ``archive`` brings from another machine, or the one that is here.

        came: its marker there, where its path was ``built_at``. Raises EnvironmentBuildFailed, and what
        reading ``archive`` raises.
        """
        return self._build(
            came.key, lambda builder: fill_from_archive(archive, builder.prefix, came, built_at), on_progress
        )

    def packed(self, key: str) -> PackedEnvironment:
        """Returns the archive of a complete environment for another machine. Raises LookupError."""
        return PackedEnvironment(self._prefix(key))

    def installed(self) -> list[Installed]:
        """Returns every complete environment, the most recently used first."""
        folder = self.root / "envs"
        found = [_installed(prefix) for prefix in folder.iterdir()] if folder.is_dir() else []
        return sorted(
            (one for one in found if one is not None), key=lambda one: one.last_used_at, reverse=True
        )

    def remove(self, key: str) -> bool:
        """Removes an environment, or the rest of a failed build; returns False if there was nothing.

        Running jobs lose their files: the caller makes sure that there are none.
        """
        prefix = self._prefix(key)
        with self._lock(key, on_wait=lambda: None):
            there = prefix.exists()
            unmark(prefix)
            remove_tree(prefix)
        return there

    def _build(
        self, key: str, fill: Callable[[EnvironmentBuilder], Marker], on_progress: OnProgress
    ) -> EnvironmentSpec:
        prefix = self._prefix(key)
        prefix.parent.mkdir(parents=True, exist_ok=True)
        with self._lock(key, on_wait=lambda: on_progress(_WAITING)) as lock:
            found = self.find_key(key)
            if found is not None:
                return found
            # A virtual environment contains its own path, so it is built in place; the marker completes it.
            remove_tree(prefix)
            # Earlier versions kept the lines of requirements files there, readable for every build.
            remove_tree(self.root / "notes")
            try:
                with scratch_folder(self.root) as scratch:
                    marker = fill(EnvironmentBuilder(self.root, prefix, scratch, on_progress, lock))
                marker = replace(marker, size_bytes=tree_bytes(prefix), built_at=time.time())
                write_marker(prefix, marker)
            except BaseException:
                remove_tree(prefix)
                raise
        return self._spec(marker)

    def _lock(self, key: str, *, on_wait: Callable[[], None]) -> AbstractContextManager[int]:
        return locked(self.root / "locks" / key, on_wait=on_wait)

    def _prefix(self, key: str) -> Path:
        if not key or "/" in key or key.startswith("."):
            raise ValueError(f"{key!r} is not the key of an environment")
        return self.root / "envs" / key

    def _spec(self, marker: Marker) -> EnvironmentSpec:
        return EnvironmentSpec(
            name=marker.key,
            prefix=str(self._prefix(marker.key)),
            readable=marker.readable,
            variables=marker.variables,
            layer_builder=(*command_of("layer"), "--root", str(self.root), "--base", marker.key),
        )


def _installed(prefix: Path) -> Installed | None:
    marker = read_marker(prefix)
    if marker is None:
        return None
    return Installed(
        key=marker.key,
        family=marker.family,
        version=marker.version,
        python=marker.python,
        base=marker.base,
        size_bytes=marker.size_bytes,
        built_at=marker.built_at,
        last_used_at=last_used_at(prefix),
    )
