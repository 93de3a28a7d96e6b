"""What a user's source asks for, added to a built environment.

    names and versions alone ──────────────────> uv, no builds      hard links of the base and of uv's cache
    addresses, wheels of the source ───────────> uv in a room, no builds      hard links of the base
    folders of the source ──uv build in a room──> wheels, which go on as above
    what still has to be built ────────────────> uv in a room, with builds, on a copy of the base

In a room nothing is seen but what it needs, so no address or path leads to a file of this machine. No code
of users runs where the base's files are shared.
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
from .recipe import Step
from .tree import clone_environment

if TYPE_CHECKING:
    from .building import Workshop
    from .requirements import Line

_NEEDS_BUILD = re.compile(r"--no-build|uilding.* disabled|no usable wheels")


@dataclass(frozen=True, slots=True)
class Layer:
    """What to add to the environment ``base``.

    constraints: the user's own, for uv's --constraint. source: a copy of the user's source, which builds may
    change; it need not exist. addresses: the lines name places of the network. limits: of what runs in rooms.
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
        """Whether more is named than packages of the machine's own indexes."""
        return self.addresses or any(line.local for line in self.lines)


def fill_layer(workshop: Workshop, layer: Layer, base: Marker, base_prefix: Path) -> Marker:
    """Makes the workshop's prefix, which must not exist, the base environment with the layer's requirements.

    What makes the base's framework work (``numpy<1.24``) goes on holding where the requirements allow.
    Raises EnvironmentBuildFailed.
    """
    return _LayerBuild(workshop, layer, base, base_prefix).run()


class _LayerBuild:
    def __init__(self, workshop: Workshop, layer: Layer, base: Marker, base_prefix: Path) -> None:
        self._workshop = workshop
        self._layer = layer
        self._base = base
        self._base_prefix = base_prefix
        self._python = [base_prefix, *map(Path, base.readable)]
        self._wheels = workshop.scratch / "wheels"

    def run(self) -> Marker:
        lines = self._built_lines()
        options = self._options(lines)
        try:
            self._start(share=True)
            self._add(options, builds=False)
            # Not by uv: it starts this layer's Python, whose packages may bring .pth files that run.
            compile_files(
                self._base_prefix / "bin" / "python", new_sources(self._workshop.prefix, self._base_prefix)
            )
        except EnvironmentBuildFailed as error:
            if not _NEEDS_BUILD.search(str(error)):
                raise
            self._say("a package has no ready-made wheel; building it from source")
            remove_tree(self._workshop.prefix)
            self._start(share=False)
            self._add(options, builds=True)
        return replace(self._base, key=self._layer.key, base=self._layer.base)

    def _start(self, *, share: bool) -> None:
        clone_environment(self._base_prefix, self._workshop.prefix, share=share)
        unmark(self._workshop.prefix)

    def _options(self, lines: list[str]) -> tuple[str, ...]:
        workshop, layer = self._workshop, self._layer
        options = ["--requirements", str(workshop.note("requirements", lines))]
        if layer.constraints:
            theirs = workshop.note("their-constraints", (line.spelled(str) for line in layer.constraints))
            options += ["--constraint", str(theirs)]
        return (*options, *workshop.excludes(self._base.keep_out))

    def _add(self, options: tuple[str, ...], *, builds: bool) -> None:
        ours = [re.sub(r"\[.*?\]", "", text) for text in self._base.requirements]
        constraints = self._workshop.note("constraints", ours)
        try:
            self._install((*options, "--constraint", str(constraints)), builds=builds)
        except EnvironmentBuildFailed as error:
            if "No solution found" not in str(error) or (not builds and _NEEDS_BUILD.search(str(error))):
                raise
            self._say("the requirements replace packages of the image")
            self._install(options, builds=builds)

    def _install(self, options: tuple[str, ...], *, builds: bool) -> None:
        workshop = self._workshop
        if not builds and not self._layer.apart:
            workshop.install(Step((), (*options, "--no-build")))
            return
        how = "--compile-bytecode" if builds else "--no-build"
        shown = [*self._python, self._layer.source, self._wheels]
        limits = self._layer.limits
        with workshop.room(readable=shown, writable=[workshop.prefix], limits=limits) as room:
            workshop.install(Step((), (*options, how)), room)

    # Folders of the source

    def _built_lines(self) -> list[str]:
        """The lines for uv, with wheels where folders of the source were.

        One that is named twice is built once, as uv takes no two wheels of one package: a project's own
        requirements often say ``-e .``.
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
        workshop, source = self._workshop, self._layer.source
        made = workshop.scratch / f"made-{number}"
        made.mkdir()
        name = "the source itself" if local == "." else local
        command = ["build", *index_options(), "--wheel", "--out-dir", str(made), "--no-create-gitignore"]
        command += ["--python", str(self._base_prefix / "bin" / "python"), self._place(local)]
        # Builds write beside their source, where setuptools leaves its egg-info.
        limits = self._layer.limits
        with workshop.room(readable=self._python, writable=[source, made], limits=limits) as room:
            workshop.run(command, f"building {name}", room)
        return self._taken(made, name, number)

    def _taken(self, made: Path, name: str, number: int) -> Path:
        """The wheel, copied out of what the build may have left there."""
        for entry in walk_beneath(made):
            if entry.name.endswith(".whl") and not entry.is_link and "/" not in entry.relative:
                wheel = self._wheels / str(number) / entry.name
                wheel.parent.mkdir(parents=True)
                with open(open_beneath(made, entry.name), "rb") as file, wheel.open("xb") as copy:
                    shutil.copyfileobj(file, copy)
                return wheel
        raise EnvironmentBuildFailed(f"The build of {name} made no wheel.")

    def _say(self, text: str) -> None:
        self._workshop.on_progress(Progress(text))
