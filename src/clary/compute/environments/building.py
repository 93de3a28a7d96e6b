"""What happens between an empty folder and a complete environment."""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .installer import EnvironmentBuildFailed, OnProgress, Progress, run_uv
from .interpreters import interpreter_for
from .marker import Marker, unmark
from .readable import ask_python
from .recipe import Recipe, Step
from .shim_files import lay_shims
from .tree import clone_environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layer:
    """Requirements on top of a built environment. constraints: the user's own, for uv's --constraint."""

    key: str
    base: str
    requirements: Path
    constraints: tuple[Path, ...] = ()


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
            self._install(step, recipe.keep_out)
        site_packages, readable = ask_python(self.prefix)
        _compile(self.prefix, lay_shims(recipe.shims, recipe.algorithm, site_packages))
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
        clone_environment(base_prefix, self.prefix)
        unmark(self.prefix)
        theirs = [option for path in layer.constraints for option in ("--constraint", str(path))]
        step = Step((), ("--requirements", str(layer.requirements), *theirs))
        ours = self._note("constraints", [re.sub(r"\[.*?\]", "", text) for text in base.requirements])
        try:
            self._install(replace(step, options=(*step.options, "--constraint", str(ours))), base.keep_out)
        except EnvironmentBuildFailed as error:
            if "No solution found" not in str(error):
                raise
            self.on_progress(Progress("the requirements replace packages of the image"))
            self._install(step, base.keep_out)
        return replace(base, key=layer.key, base=layer.base)

    def _install(self, step: Step, keep_out: Sequence[str]) -> None:
        arguments = ["pip", "install", "--python", str(self.prefix / "bin" / "python"), "--compile-bytecode"]
        if keep_out:
            arguments += ["--excludes", str(self._note("excludes", keep_out))]
        self._run([*arguments, *step.options, *step.requirements], "finding out what to install")

    def _run(self, arguments: Sequence[str], text: str) -> None:
        start = Progress(text)
        self.on_progress(start)
        run_uv(arguments, root=self.root, on_progress=self.on_progress, keep_open=(self.lock,), start=start)

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


def _compile(prefix: Path, files: Sequence[Path]) -> None:
    """Bytecode for files that uv did not install; a job may not write it and would compile each time."""
    if files:
        command = [str(prefix / "bin" / "python"), "-I", "-m", "compileall", "-q", *map(str, files)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
