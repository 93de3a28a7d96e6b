"""What a host needs to serve models in an environment, beside the environment itself.

The program of the serving contract is mounted into the sandbox. Its workers run in the Python of the
environment; its front, which reads HTTP and runs no user code, in that of Clary's own installation, with its
httptools and uvloop. So nothing has to be installed in an environment to serve from it, and training and
inference images share theirs.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from clary.domain.hosts import FrontSpec
from clary.host.layout import INJECTED

from .readable import folders_of_this_python

if TYPE_CHECKING:
    from clary.domain.hosts import EnvironmentSpec

    from .recipe import Recipe

FRONT_PACKAGES = ("httptools", "uvloop")


@cache
def served_frameworks() -> tuple[str, ...]:
    """Returns the frameworks that the serving program has a contract for."""
    folder = INJECTED / "serving/clary_serving/frameworks"
    return tuple(sorted(path.stem for path in folder.glob("[a-z]*.py")))


@cache
def front() -> FrontSpec:
    """Returns what runs the front: this Python, without the packages that are installed in it."""
    python = str(Path(sys.executable).resolve())
    packages = []
    for name in FRONT_PACKAGES:
        found = find_spec(name)
        if found is None or not found.submodule_search_locations:
            raise ModuleNotFoundError(
                f"Clary's installation has no {name}, which reads HTTP for its endpoints"
            )
        packages.append(found.submodule_search_locations[0])
    return FrontSpec(python, folders_of_this_python(), tuple(packages))


def with_serving(environment: EnvironmentSpec, recipe: Recipe) -> EnvironmentSpec:
    """Returns the environment of a recipe with what its hosts need to serve."""
    if not recipe.serving:
        return environment
    return replace(environment, serving=recipe.serving, front=front())
