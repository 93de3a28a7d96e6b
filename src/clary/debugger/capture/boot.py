"""Waits for a framework to be imported, and hooks it then.

Run at the start of every Python process of a job that is debugged, so it imports next to nothing: the hooks,
and numpy with them, come with the framework.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing itself would cost every start 3 ms
if TYPE_CHECKING:
    from typing import Any

FRAMEWORKS = {
    "torch": "pytorch",
    "xgboost": "xgboost",
    "mxnet": "mxnet",
    "keras": "keras",
    "smdebug.core.hook": "smdebug",
}
"""What a script imports, and the file here that hooks it."""

_hooked: set[str] = set()


def install(config_path: str, step_times: str = "") -> None:
    """Hooks the frameworks that are imported from here on, as ``config_path`` says. Again: nothing.

    step_times: the folder for the times of steps, if they are to be recorded.
    """
    if not any(isinstance(finder, _FrameworkFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _FrameworkFinder(config_path, step_times))


def wanted(config_path: str) -> bool:
    """Whether this process is to be captured."""
    off = os.environ.get("USE_SMDEBUG", "1").strip().lower() in ("0", "false", "no", "off")
    return not off and os.path.isfile(config_path)


def attach(name: str, module: object, config_path: str, step_times: str = "") -> None:
    """Hooks one framework, once. What prevents that is said on stderr; the training goes on."""
    if name in _hooked:
        return
    _hooked.add(name)
    try:
        from importlib import import_module

        from .configuration import only_step_times, read_settings

        if step_times and not os.path.isfile(config_path):
            settings = only_step_times(step_times)
        else:
            settings = read_settings(config_path)._replace(step_times=step_times)
        import_module("." + FRAMEWORKS[name], __package__).attach(module, settings)
    except Exception as error:
        sys.stderr.write("Clary debugger: {} is not captured: {}\n".format(name, error))


class _FrameworkFinder:
    """Finds a framework as everybody else does, and hooks it once its own code has run."""

    def __init__(self, config_path: str, step_times: str) -> None:
        self._config_path = config_path
        self._step_times = step_times

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name not in FRAMEWORKS or name in _hooked:
            return None
        spec = self._found_by_others(name, path, target)
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return spec
        run = spec.loader.exec_module
        config_path, step_times = self._config_path, self._step_times

        def exec_module(module: Any) -> None:
            run(module)
            attach(name, module, config_path, step_times)

        vars(spec.loader)["exec_module"] = exec_module
        return spec

    def _found_by_others(self, name: str, path: Any, target: Any) -> Any:
        # importlib.util would do the same, and costs 3 ms to import.
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None
