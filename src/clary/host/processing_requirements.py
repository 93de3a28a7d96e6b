"""What the SDK's FrameworkProcessor would install in the job comes as a layer of the environment instead.

Its script unpacks ``sourcedir.tar.gz`` and runs ``pip install -r requirements.txt``. The environment is
shared by all jobs and read-only, so pip could not; with the layer it finds every requirement satisfied. The
second job with the same file starts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .source import add_requirements, unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clary.domain.hosts import EnvironmentSpec

BUNDLE = "sourcedir.tar.gz"


def with_requirements(
    environment: EnvironmentSpec, code: Path, scratch: Path, on_lines: Callable[[list[bytes]], None]
) -> EnvironmentSpec:
    """The environment with what the bundle in ``code`` asks for; unchanged when there is none.

    Raises ClientError.
    """
    bundle = code / BUNDLE
    if not bundle.is_file():
        return environment
    folder = scratch / "source"
    folder.mkdir()
    unpack(bundle, folder, BUNDLE)
    return add_requirements(environment, folder, on_lines)
