"""Lets a job install packages to ``~/.local``, because its environment is shared and read-only.

pip uses that folder by itself when the environment is not writable, except in a virtual environment: there
Python does not search it, and pip refuses a package that the environment has in another version. Python 3.8
syntax.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False  # typing itself would cost every start 3 ms
if TYPE_CHECKING:
    from typing import Any

_TARGET = "pip._internal.utils.virtualenv"


def install() -> None:
    """Adds the folder to the path before the environment, so that its packages are imported first."""
    import site

    if site.ENABLE_USER_SITE:
        return
    folder = site.getusersitepackages()
    try:
        # Created now, because Python caches that a folder of its path does not exist.
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return
    site.ENABLE_USER_SITE = True
    known = len(sys.path)
    site.addsitedir(folder)
    added = sys.path[known:]
    del sys.path[known:]
    packages = [index for index, path in enumerate(sys.path) if path.endswith("site-packages")]
    place = packages[0] if packages else known
    sys.path[place:place] = added
    sys.meta_path.insert(0, _NoEnvironment())


class _NoEnvironment:
    """Makes pip, when it is imported, treat this Python as one without a virtual environment."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != _TARGET:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                run(module)
                module.running_under_virtualenv = lambda: False

            vars(spec.loader)["exec_module"] = exec_module
        return spec
