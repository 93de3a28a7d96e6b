"""What a host needs to serve models in an environment, beside the environment itself.

The program of the serving contract is mounted into the sandbox, and so is the package that it reads HTTP
with: h11, from Clary's own installation. It is plain Python for every version that images have. So nothing
has to be installed in an environment to serve from it, and training and inference images share theirs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from clary.host.layout import INJECTED

if TYPE_CHECKING:
    from clary.domain.hosts import EnvironmentSpec

    from .recipe import Recipe

HTTP_LIBRARY = "h11"


@cache
def served_frameworks() -> tuple[str, ...]:
    """Returns the frameworks that the serving program has a contract for."""
    folder = INJECTED / "serving/clary_serving/frameworks"
    return tuple(sorted(path.stem for path in folder.glob("[a-z]*.py")))


@cache
def http_library() -> str:
    """Returns the folder of the HTTP library in Clary's own installation; empty without it."""
    found = find_spec(HTTP_LIBRARY)
    return found.submodule_search_locations[0] if found and found.submodule_search_locations else ""


def with_serving(environment: EnvironmentSpec, recipe: Recipe) -> EnvironmentSpec:
    """Returns the environment of a recipe with what its hosts need to serve."""
    return replace(environment, serving=recipe.serving, http_library=http_library())
