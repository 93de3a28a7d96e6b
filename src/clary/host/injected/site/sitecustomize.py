"""Redirects botocore before 1.39, which has no plugins, when it is imported (see ``clary_endpoint``).
For a job with a debug hook or a profiler: hooks a framework when it is imported.

Python imports one ``sitecustomize`` at start. Ours is the first on the path, so it runs the next one.
It takes far less than a millisecond when botocore is not imported. Python 3.8 syntax.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False  # typing itself would cost every start 3 ms
if TYPE_CHECKING:
    from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))
_TARGET = "botocore.client"


class _WrapBotocoreClient:
    """Finds botocore.client with the other finders, and wraps it when it is loaded."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != _TARGET:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                run(module)
                _wrap(module)

            vars(spec.loader)["exec_module"] = exec_module
        return spec


def _wrap(module: Any) -> None:
    try:
        import botocore

        version = tuple(int(part) for part in botocore.__version__.split(".")[:2])
        if version >= (1, 39):
            return  # it loads the plugin itself
        from clary_endpoint import initialize_client_plugin  # type: ignore[import-not-found]  # beside us

        original = module.BaseClient.__init__

        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            initialize_client_plugin(self)

        module.BaseClient.__init__ = __init__
    except Exception as error:
        # A botocore that can't be wrapped must still work; `clary doctor` shows what does not arrive.
        sys.stderr.write("clary: botocore was left as it is: {}\n".format(error))


def _capture_tensors(library: str, config: str, step_times: str) -> None:
    """Makes clary.debugger importable for scripts. Loads nothing of it without a configuration."""
    sys.path.append(library)
    if os.environ.get("USE_SMDEBUG", "1").strip().lower() in ("0", "false"):
        return
    if not step_times and not os.path.isfile(config):
        return
    try:
        from clary.debugger.capture import boot

        boot.install(config, step_times)
    except Exception as error:
        sys.stderr.write("clary: tensors are not captured: {}\n".format(error))


def _let_pip_install() -> None:
    try:
        import clary_pip  # type: ignore[import-not-found]  # beside us

        clary_pip.install()
    except Exception as error:
        sys.stderr.write("clary: pip can't install into this job: {}\n".format(error))


def _keep_to_own_address(own: str) -> None:
    try:
        import clary_bind  # type: ignore[import-not-found]  # beside us

        clary_bind.install(own)
    except Exception as error:
        sys.stderr.write("clary: the server may listen on every address: {}\n".format(error))


def _run_next() -> None:
    """Runs the sitecustomize that would run without ours."""
    rest = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]
    spec = PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        from importlib.util import module_from_spec

        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if os.environ.get("AWS_ENDPOINT_URL"):
    sys.meta_path.insert(0, _WrapBotocoreClient())
if os.environ.get("CLARY_RUN_DIR"):
    _let_pip_install()
if os.environ.get("CLARY_OWN_ADDRESS"):
    _keep_to_own_address(os.environ["CLARY_OWN_ADDRESS"])
if os.environ.get("CLARY_LIBRARY"):
    _capture_tensors(
        os.environ["CLARY_LIBRARY"],
        os.environ.get("SMDEBUG_CONFIG_FILE_PATH", ""),
        os.environ.get("CLARY_STEP_TIMES", ""),
    )
_run_next()
