"""The view, made by unshare(1) of util-linux and ``inner.py``."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .view import View

_INNER = Path(__file__).with_name("inner.py")


def unshare_argv(unshare: str, setpriv: str, view: View) -> list[str]:
    """The command that runs what is appended to it inside ``view``; all of it dies with its parent."""
    argv = [setpriv, "--pdeathsig", "KILL", unshare, "--mount", "--pid", "--uts", "--ipc", "--fork"]
    argv += ["--kill-child=KILL", "--propagation", "private"]
    if os.geteuid() != 0:
        argv += ["--user", "--map-root-user"]
    return [*argv, sys.executable, "-I", "-S", str(_INNER), json.dumps(asdict(view))]
