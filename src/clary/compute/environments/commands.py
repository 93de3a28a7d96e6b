"""Commands of this package that agents run, such as ``layer``."""

from __future__ import annotations

import sys
from pathlib import Path

import clary

SOURCE = str(Path(clary.__file__).parent.parent)


def command_of(module: str) -> tuple[str, ...]:
    """Returns the command of a module's ``main``, to which arguments are added.

    It names the folder of this code: on the node of a cluster that is no package of the running Python.
    """
    start = (
        f"import sys; sys.path.insert(0, {SOURCE!r}); from clary.compute.environments.{module} import main"
    )
    return (sys.executable, "-c", f"{start}; sys.exit(main())")
