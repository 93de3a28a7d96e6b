"""Builds a layer: a built environment with the requirements of a user's source added.

    names and versions only ───────────────> uv, no builds                         links of base and cache
    addresses, wheels of the source ───────> uv in a build sandbox, no builds      links of the base
    folders of the source ─────────────────> wheels, built in a build sandbox, then as above
    packages that still have to be built ──> uv in a build sandbox, with builds    a copy of the base

A build sandbox contains only what the build needs, so no address or path leads to a file of this machine.
Users' code never runs where files are shared with the base.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from clary.host.beneath import open_beneath, walk_beneath
from clary.host.bounds import NO_LIMITS, Limits
from clary.host.removal import remove_tree

from .bytecode import compile_files, new_sources
from .installer import EnvironmentBuildFailed, Progress, index_options
from .marker import Marker, unmark
from .recipe import InstallStep
from .tree import clone_environment

if TYPE_CHECKING:
    from .builder import EnvironmentBuilder
    from .requirements import Line

_NEEDS_BUILD = re.compile(r"--no-build|uilding.* disabled|no usable wheels")


@dataclass(frozen=True, slots=True)
class Layer:
    """What to add to the environment ``base``.

    constraints: the user's own, for uv's --constraint. source: a copy of the user's source, which builds may
    change; it need not exist. addresses: the lines name addresses of the network. limits: of build sandboxes.
    """

    key: str
    base: str
    lines: tuple[Line, ...]
    constraints: tuple[Line, ...]
    source: Path
    addresses: bool = False
    limits: Limits = NO_LIMITS

    @property
    def apart(self) -> bool:
        """Whether the lines name more than packages of the machine's indexes."""
        return self.addresses or any(line.local for line in self.lines)


def fill_layer(builder: EnvironmentBuilder, layer: Layer, base: Marker, base_prefix: Path) -> Marker:
    """Builds the base environment with the layer's requirements in the builder's prefix, a new folder.

    Constraints of the base's framework (``numpy<1.24``) are kept where the requirements allow.
    Raises EnvironmentBuildFailed.
    """
    return _LayerBuild(builder, layer, base, base_prefix).run()


class _LayerBuild:
    def __init__(self, builder: EnvironmentBuilder, layer: Layer, base: Marker, base_prefix: Path) -> None:
        self._builder = builder
        self._layer = layer
        self._base = base
        self._base_prefix = base_prefix
        self._python = [base_prefix, *map(Path, base.readable)]
        self._wheels = builder.scratch / "wheels"

    def run(self) -> Marker:
        lines = self._built_lines()
        options = self._options(lines)
        try:
            self._start(share=True)
            self._add(options, builds=False)
            # Not by uv: it starts this layer's Python, and .pth files of its packages would run.
            compile_files(
                self._base_prefix / "bin" / "python", new_sources(self._builder.prefix, self._base_prefix)
            )
        except EnvironmentBuildFailed as error:
            if not _NEEDS_BUILD.search(str(error)):
                raise
            self._say("a package has no ready-made wheel; building it from source")
            remove_tree(self._builder.prefix)
            self._start(share=False)
            self._add(options, builds=True)
        return replace(self._base, key=self._layer.key, base=self._layer.base)

    def _start(self, *, share: bool) -> None:
        clone_environment(self._base_prefix, self._builder.prefix, share=share)
        unmark(self._builder.prefix)

    def _options(self, lines: list[str]) -> tuple[str, ...]:
        builder, layer = self._builder, self._layer
        options = ["--requirements", str(builder.note("requirements", lines))]
        if layer.constraints:
            theirs = builder.note("their-constraints", (line.spelled(str) for line in layer.constraints))
            options += ["--constraint", str(theirs)]
        return (*options, *builder.excludes(self._base.keep_out))

    def _add(self, options: tuple[str, ...], *, builds: bool) -> None:
        ours = [re.sub(r"\[.*?\]", "", text) for text in self._base.requirements]
        constraints = self._builder.note("constraints", ours)
        try:
            self._install((*options, "--constraint", str(constraints)), builds=builds)
        except EnvironmentBuildFailed as error:
            if "No solution found" not in str(error) or (not builds and _NEEDS_BUILD.search(str(error))):
                raise
            self._say("the requirements replace packages of the image")
            self._install(options, builds=builds)

    def _install(self, options: tuple[str, ...], *, builds: bool) -> None:
        builder = self._builder
        if not builds and not self._layer.apart:
            builder.install(InstallStep((), (*options, "--no-build")))
            return
        how = "--compile-bytecode" if builds else "--no-build"
        shown = [*self._python, self._layer.source, self._wheels]
        limits = self._layer.limits
        with builder.sandbox(readable=shown, writable=[builder.prefix], limits=limits) as sandbox:
            builder.install(InstallStep((), (*options, how)), sandbox)

    # Folders of the source

    def _built_lines(self) -> list[str]:
        """Returns the lines for uv, with wheels in place of folders of the source.

        A folder that is named twice is built once, because uv refuses two wheels of one package: requirements
        of a project often say ``-e .``.
        """
        lines = []
        wheels: dict[str, Path] = {}
        for number, line in enumerate(self._layer.lines):
            if line.local and line.builds:
                try:
                    if line.local not in wheels:
                        wheels[line.local] = self._wheel(line.local, number)
                except EnvironmentBuildFailed as error:
                    if not line.optional:
                        raise
                    self._say(f"the source itself is not installed, as it can't be built: {error}")
                    continue
                lines.append(f"{line.text}{wheels[line.local]}{line.after}")
            else:
                lines.append(line.spelled(self._place))
        return lines

    def _place(self, local: str) -> str:
        return str(self._layer.source / local)

    def _wheel(self, local: str, number: int) -> Path:
        """Builds a wheel of a folder, or of an archive of sources. Raises EnvironmentBuildFailed."""
        builder, source = self._builder, self._layer.source
        made = builder.scratch / f"made-{number}"
        made.mkdir()
        name = "the source itself" if local == "." else local
        command = ["build", *index_options(), "--wheel", "--out-dir", str(made), "--no-create-gitignore"]
        command += ["--python", str(self._base_prefix / "bin" / "python"), self._place(local)]
        # Builds write next to their source: setuptools leaves its egg-info there.
        limits = self._layer.limits
        with builder.sandbox(readable=self._python, writable=[source, made], limits=limits) as sandbox:
            builder.run(command, f"building {name}", sandbox)
        return self._taken(made, name, number)

    def _taken(self, made: Path, name: str, number: int) -> Path:
        """Copies the wheel out of a folder in which the build may have left anything."""
        for entry in walk_beneath(made):
            if entry.name.endswith(".whl") and not entry.is_link and "/" not in entry.relative:
                wheel = self._wheels / str(number) / entry.name
                wheel.parent.mkdir(parents=True)
                with open(open_beneath(made, entry.name), "rb") as file, wheel.open("xb") as copy:
                    shutil.copyfileobj(file, copy)
                return wheel
        raise EnvironmentBuildFailed(f"The build of {name} made no wheel.")

    def _say(self, text: str) -> None:
        self._builder.on_progress(Progress(text))
