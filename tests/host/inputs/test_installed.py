from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

from clary.host.inputs.installed import installed_packages


def test_the_packages_of_an_environment_are_those_that_python_finds_there() -> None:
    found = installed_packages(Path(sys.prefix))

    assert f"botocore=={metadata.version('botocore')}" in found
    assert f"typing-extensions=={metadata.version('typing_extensions')}" in found
    names = [package.partition("==")[0] for package in found]
    assert names == sorted(names)


def test_a_folder_without_packages_has_none(tmp_path: Path) -> None:
    assert installed_packages(tmp_path) == ()
