"""What the SDK's FrameworkProcessor would install in the job comes as a layer of the environment instead.

Its script unpacks ``sourcedir.tar.gz`` and runs ``pip install -r requirements.txt``. The environment is
shared by all jobs and read-only, so pip could not; with the layer it finds every requirement satisfied. The
second job with the same file starts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..beneath import Place, open_beneath
from ..bounds import NO_LIMITS
from .source import add_requirements, unpack_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clary.domain.hosts import EnvironmentSpec

    from ..bounds import Limits

BUNDLE = "sourcedir.tar.gz"


def with_requirements(
    environment: EnvironmentSpec,
    code: Place,
    scratch: Path,
    on_lines: Callable[[list[bytes]], None],
    *,
    limit_s: float,
    limits: Limits = NO_LIMITS,
) -> EnvironmentSpec:
    """The environment with what the bundle in ``code`` asks for; unchanged when there is none.

    Raises ClientError.
    """
    try:
        descriptor = open_beneath(code.root, f"{code.relative}/{BUNDLE}")
    except OSError:
        return environment
    source = Place(scratch, "source")
    with open(descriptor, "rb") as bundle:
        unpack_source(bundle, source.root, source.relative, BUNDLE)
    return add_requirements(environment, source, on_lines, limit_s=limit_s, limits=limits)
