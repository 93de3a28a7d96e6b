"""Builds an environment in an empty folder."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from clary.host.bounds import Bounds
from clary.host.bounds.usage import folder_bytes

from .build_sandbox import build_sandbox, build_variables, index_folders
from .bytecode import compile_files
from .index_relay import lent_indexes
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
from .marker import Marker, marker_of
from .readable import ask_python
from .shim_files import lay_shims

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clary.host.bounds import Limits
    from clary.host.sandbox import Entrance

    from .recipe import InstallStep, Recipe


@dataclass(frozen=True, slots=True)
class BuildSandbox:
    """A sandbox for one run of the installer, with its variables and bounds."""

    entrance: Entrance | None
    variables: dict[str, str]
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class EnvironmentBuilder:
    """One build: its folders, who gets the progress, and the lock that the installer inherits.

    scratch: a folder for this build only, removed at the end.
    """

    root: Path
    prefix: Path
    scratch: Path
    on_progress: OnProgress
    lock: int

    def fill_environment(self, recipe: Recipe) -> Marker:
        """Makes the environment of a recipe in ``prefix``, which must not exist."""
        interpreter = interpreter_for(recipe.python)
        if interpreter is None:
            raise EnvironmentBuildFailed(
                f"Python {recipe.python} is not on this machine any more; install it."
            )
        self.run(
            ["venv", "--quiet", "--no-project", "--python", str(interpreter), str(self.prefix)],
            f"preparing Python {recipe.python}",
        )
        for step in recipe.steps:
            options = (*step.options, *self.excludes(recipe.keep_out), "--compile-bytecode")
            self.install(replace(step, options=options))
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

    def install(self, step: InstallStep, sandbox: BuildSandbox | None = None) -> None:
        """Installs packages into ``prefix``. Raises EnvironmentBuildFailed."""
        arguments = ["pip", "install", "--python", str(self.prefix / "bin" / "python")]
        arguments += [*index_options(), *step.options, *step.requirements]
        self.run(arguments, "finding out what to install", sandbox)

    def run(self, arguments: Sequence[str], text: str, sandbox: BuildSandbox | None = None) -> None:
        """Runs uv and reports its progress, beginning with ``text``. Raises EnvironmentBuildFailed."""
        start = Progress(text)
        self.on_progress(start)
        run_uv(
            arguments,
            root=self.root,
            on_progress=self.on_progress,
            # Not in a sandbox: users' code there could release the lock. There uv dies with us.
            keep_open=() if sandbox is not None and sandbox.entrance is not None else (self.lock,),
            start=start,
            entrance=sandbox.entrance if sandbox else None,
            environment=sandbox.variables if sandbox else None,
            bounds=sandbox.bounds if sandbox else None,
        )

    @contextmanager
    def sandbox(
        self, *, readable: Sequence[Path], writable: Sequence[Path], limits: Limits
    ) -> Iterator[BuildSandbox]:
        """Yields a sandbox with its own cache, in which users' code may run. limits: without existing files.

        It can't write the marker of the environment, which says what else of this machine jobs may read.
        """
        folder = Path(tempfile.mkdtemp(prefix="sandbox-", dir=self.scratch))
        for name in ("root", "cache"):
            (folder / name).mkdir()
        with lent_indexes(uv_environment(self.root)) as environment:
            variables = build_variables(environment, folder / "cache")
            shown = [Path(uv_binary()), self.notes, *readable, *index_folders(environment)]
            with build_sandbox(
                folder / "root",
                readable=shown,
                writable=[folder / "cache", *writable],
                withheld=[marker_of(self.prefix)] if self.prefix in writable else [],
                variables=variables,
            ) as entrance:
                filled = [str(path) for path in (folder / "root", folder / "cache", *writable)]
                there_bytes = sum(map(folder_bytes, filled)) if limits.disk_bytes else 0
                within = replace(limits, disk_bytes=limits.disk_bytes and limits.disk_bytes + there_bytes)
                yield BuildSandbox(entrance, variables, Bounds(within, folder, filled))

    @property
    def notes(self) -> Path:
        return self.scratch / "notes"

    def note(self, name: str, lines: Iterable[str]) -> Path:
        """Returns a file for uv that is removed after the build."""
        self.notes.mkdir(exist_ok=True)
        path = self.notes / f"{name}.txt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    def excludes(self, keep_out: Sequence[str]) -> tuple[str, ...]:
        return ("--excludes", str(self.note("excludes", keep_out))) if keep_out else ()
