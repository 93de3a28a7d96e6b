"""Hooks a framework when the script imports it.

Every Python process of a debugged job runs this file at its start, so it imports almost nothing. The hooks
and numpy are imported together with the framework.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # the import of typing would add 3 ms to every start
if TYPE_CHECKING:
    from typing import Any

FRAMEWORKS = {
    "torch": "pytorch",
    "xgboost": "xgboost",
    "mxnet": "mxnet",
    "keras": "keras",
    "smdebug.core.hook": "smdebug",
}
"""The module that a script imports, to the module of this package that hooks it."""

_hooked: set[str] = set()


def install(config_path: str, step_times: str = "") -> None:
    """Installs an import hook that hooks the frameworks imported from now on. A second call does nothing.

    config_path: the hook's configuration. step_times: the folder for step times; empty: do not record them.
    """
    if not any(isinstance(finder, _FrameworkFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _FrameworkFinder(config_path, step_times))


def wanted(config_path: str) -> bool:
    """Whether to capture this process: a configuration exists and ``USE_SMDEBUG`` is not off."""
    off = os.environ.get("USE_SMDEBUG", "1").strip().lower() in ("0", "false", "no", "off")
    return not off and os.path.isfile(config_path)


def attach(name: str, module: object, config_path: str, step_times: str = "") -> None:
    """Hooks one framework, once. Writes an error to stderr; the training then runs without capture."""
    if name in _hooked:
        return
    _hooked.add(name)
    try:
        from importlib import import_module

        from .configuration import read_settings, step_times_settings

        if step_times and not os.path.isfile(config_path):
            settings = step_times_settings(step_times)
        else:
            settings = read_settings(config_path)._replace(step_times=step_times)
        import_module("." + FRAMEWORKS[name], __package__).attach(module, settings)
    except Exception as error:
        sys.stderr.write("Clary debugger: {} is not captured: {}\n".format(name, error))


class _FrameworkFinder:
    """Finds a framework through the other finders, and hooks it after its own code has run."""

    def __init__(self, config_path: str, step_times: str) -> None:
        self._config_path = config_path
        self._step_times = step_times

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name not in FRAMEWORKS or name in _hooked:
            return None
        spec = self._spec_from_others(name, path, target)
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return spec
        run = spec.loader.exec_module
        config_path, step_times = self._config_path, self._step_times

        def exec_module(module: Any) -> None:
            run(module)
            attach(name, module, config_path, step_times)

        vars(spec.loader)["exec_module"] = exec_module
        return spec

    def _spec_from_others(self, name: str, path: Any, target: Any) -> Any:
        # importlib.util.find_spec would do the same, but its import takes 3 ms.
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None
