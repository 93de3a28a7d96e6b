"""Runs scripts in processes that have imported their libraries: an import takes seconds, a fork none.

    python imported.py sagemaker    imports it, writes "ready" and takes orders, each a line of stdin:

    {"arguments": ["script.py"], "environ": {...}, "folder": "...", "output": "...", "ended": "...",
     "again": [], "timeout_s": 60}

A script is as in a new process: it has its own variables, the ``sitecustomize`` on its path, and its output
in a file. Modules of ``again`` are found by the import system once more, with all that hooks their import;
only their code does not run again. When the script has ended, its exit code is written to the FIFO ``ended``.
Standard library only. ``forks.py`` is the other side.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any


class Imported:
    """Finds modules that this process has, once each."""

    def __init__(self, names: list[str]) -> None:
        self._modules = {name: sys.modules.pop(name) for name in names}

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        module = self._modules.pop(name, None)
        return None if module is None else ModuleSpec(name, Kept(module))  # type: ignore[arg-type]


class Kept:
    """A loader that gives back a module as it was."""

    def __init__(self, module: Any) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._module

    def exec_module(self, module: Any) -> None:
        module.__spec__ = self._spec


def main(names: list[str]) -> None:
    for name in names:
        importlib.import_module(name)
    # Nobody waits for the processes that wait for scripts.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        line = sys.stdin.readline()
        if not line:
            os._exit(0)
        order = json.loads(line)
        if os.fork() == 0 and is_script(order):
            become(order)
            for name in order["again"]:
                importlib.import_module(name)
            runpy.run_path(sys.argv[0], run_name="__main__")
            return


def is_script(order: dict[str, Any]) -> bool:
    """Forks once more. Returns True in the process of the script; the other one waits for it and ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ended = os.open(order["ended"], os.O_WRONLY)
    script = os.fork()
    if script == 0:
        os.close(ended)
        return True
    _, status = os.waitpid(script, 0)
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
    os.write(ended, str(code).encode())
    os._exit(0)


def become(order: dict[str, Any]) -> None:
    """Makes this process what a new one is when its script begins."""
    signal.alarm(order["timeout_s"])
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for number in (1, 2):
        os.dup2(output, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    sys.argv = order["arguments"]
    folders = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    sys.path[:1] = [os.path.dirname(sys.argv[0]), *folders]
    sys.meta_path.insert(0, Imported(order["again"]))  # type: ignore[arg-type]
    for folder in folders:
        path = os.path.join(folder, "sitecustomize.py")
        spec = spec_from_file_location("sitecustomize", path) if os.path.exists(path) else None
        if spec is not None and spec.loader is not None:
            sys.modules["sitecustomize"] = module = module_from_spec(spec)
            spec.loader.exec_module(module)
            return


if __name__ == "__main__":
    main(sys.argv[1:])
