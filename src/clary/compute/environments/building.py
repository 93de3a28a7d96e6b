"""What happens between an empty folder and a complete environment."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .build_box import box, box_environment, index_folders
from .bytecode import compile_files, new_sources
from .installer import (
    EnvironmentBuildFailed,
    OnProgress,
    Progress,
    index_options,
    run_uv,
    uv_binary,
    uv_environment,
)
from .interpreters import interpreter_for
from .marker import Marker, unmark
from .readable import ask_python
from .recipe import Recipe, Step
from .shim_files import lay_shims
from .tree import clone_environment, remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clary.host.sandbox import Entrance

_NEEDS_BUILD = re.compile(r"--no-build|uilding.* disabled|no usable wheels")


@dataclass(frozen=True, slots=True)
class Layer:
    """Requirements on top of a built environment. constraints: the user's own, for uv's --constraint.

    sources: folders that a build from source reads.
    """

    key: str
    base: str
    requirements: Path
    constraints: tuple[Path, ...] = ()
    sources: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Workshop:
    """One build at work: where, who is told, and the lock that the installer inherits."""

    root: Path
    prefix: Path
    on_progress: OnProgress
    lock: int

    def fill_environment(self, recipe: Recipe) -> Marker:
        """Makes the environment of a recipe in ``prefix``, which must not exist."""
        interpreter = interpreter_for(recipe.python)
        if interpreter is None:
            raise EnvironmentBuildFailed(
                f"Python {recipe.python} is not on this machine any more; install it."
            )
        self._run(
            ["venv", "--quiet", "--no-project", "--python", str(interpreter), str(self.prefix)],
            f"preparing Python {recipe.python}",
        )
        for step in recipe.steps:
            options = (*step.options, *self._excludes(recipe.keep_out), "--compile-bytecode")
            self._install(replace(step, options=options))
        site_packages, readable = ask_python(self.prefix)
        compile_files(
            self.prefix / "bin" / "python", lay_shims(recipe.shims, recipe.algorithm, site_packages)
        )
        return Marker(
            key=recipe.key,
            family=recipe.family,
            version=recipe.version,
            python=recipe.python,
            readable=readable,
            variables=recipe.variables,
            requirements=recipe.packages,
            keep_out=recipe.keep_out,
        )

    def fill_layer(self, layer: Layer, base: Marker, base_prefix: Path) -> Marker:
        """Makes ``prefix``, which must not exist, the base environment with the layer's requirements.

        What makes the base's framework work (``numpy<1.24``) goes on holding where the requirements allow.
        """
        try:
            self._start_layer(base_prefix, share=True)
            self._add(layer, base, self._install_wheels)
            # Not by uv: it starts this layer's Python, whose packages may bring .pth files that run.
            compile_files(base_prefix / "bin" / "python", new_sources(self.prefix, base_prefix))
        except EnvironmentBuildFailed as error:
            if not _NEEDS_BUILD.search(str(error)):
                raise
            self.on_progress(Progress("a package has no ready-made wheel; building it from source"))
            remove_tree(self.prefix)
            self._start_layer(base_prefix, share=False)
            self._add(layer, base, lambda step: self._install_boxed(step, layer, base))
        return replace(base, key=layer.key, base=layer.base)

    def _start_layer(self, base_prefix: Path, *, share: bool) -> None:
        clone_environment(base_prefix, self.prefix, share=share)
        unmark(self.prefix)

    def _add(self, layer: Layer, base: Marker, install: Callable[[Step], None]) -> None:
        theirs = [option for path in layer.constraints for option in ("--constraint", str(path))]
        excluded = self._excludes(base.keep_out)
        step = Step((), ("--requirements", str(layer.requirements), *theirs, *excluded))
        ours = self._note("constraints", [re.sub(r"\[.*?\]", "", text) for text in base.requirements])
        try:
            install(replace(step, options=(*step.options, "--constraint", str(ours))))
        except EnvironmentBuildFailed as error:
            if "No solution found" not in str(error) or _NEEDS_BUILD.search(str(error)):
                raise
            self.on_progress(Progress("the requirements replace packages of the image"))
            install(step)

    def _install_wheels(self, step: Step) -> None:
        """Installs without running any code of the packages."""
        self._install(replace(step, options=(*step.options, "--no-build")))

    def _install_boxed(self, step: Step, layer: Layer, base: Marker) -> None:
        """Installs with builds, in a sandbox that can change nothing but this layer."""
        scratch = self.root / "builds" / layer.key
        remove_tree(scratch)
        (scratch / "root").mkdir(parents=True)
        (scratch / "cache").mkdir()
        environment = uv_environment(self.root)
        readable = [Path(uv_binary()), self.root / "notes", *map(Path, base.readable), *layer.sources]
        variables = box_environment(environment, scratch / "cache")
        compiled = replace(step, options=(*step.options, "--compile-bytecode"))
        try:
            with box(
                scratch / "root",
                readable=[*readable, *index_folders(environment)],
                writable=[self.prefix, scratch / "cache"],
                variables=variables,
            ) as entrance:
                self._install(compiled, entrance, variables)
        finally:
            remove_tree(scratch)

    def _install(
        self, step: Step, entrance: Entrance | None = None, environment: dict[str, str] | None = None
    ) -> None:
        arguments = ["pip", "install", "--python", str(self.prefix / "bin" / "python")]
        arguments += [*index_options(), *step.options, *step.requirements]
        self._run(arguments, "finding out what to install", entrance, environment)

    def _run(
        self,
        arguments: Sequence[str],
        text: str,
        entrance: Entrance | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        start = Progress(text)
        self.on_progress(start)
        run_uv(
            arguments,
            root=self.root,
            on_progress=self.on_progress,
            keep_open=(self.lock,),
            start=start,
            entrance=entrance,
            environment=environment,
        )

    def _excludes(self, keep_out: Sequence[str]) -> tuple[str, ...]:
        return ("--excludes", str(self._note("excludes", keep_out))) if keep_out else ()

    def _note(self, kind: str, lines: Sequence[str]) -> Path:
        """A requirements file for uv, named by its content, so that builds side by side share it in peace."""
        content = "\n".join(lines) + "\n"
        path = self.root / "notes" / f"{kind}-{hashlib.sha256(content.encode()).hexdigest()[:12]}.txt"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(f".{self.lock}.tmp")
            temporary.write_text(content, encoding="utf-8")
            temporary.replace(path)
        return path
