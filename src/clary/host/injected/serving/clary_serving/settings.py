"""What the variables of the host say. Variables of AWS's toolkits have their meaning there."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, MutableMapping

JSON = "application/json"
MOST_WORKERS = 256
MOST_BODY_BYTES = 1 << 30
"""Of one request, to protect the memory of the host. What callers may send is bounded before."""


class ServingSettings:
    """framework: a module of ``frameworks``. code: the folder of user code. memory_bytes: 0: no limit."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        base = environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
        self.framework = environ.get("CLARY_SERVING", "sklearn")
        self.host = environ.get("SAGEMAKER_BIND_TO_HOST", "0.0.0.0")
        self.port = int(environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
        self.base = base
        self.model_dir = environ.get("SM_MODEL_DIR", os.path.join(base, "model"))
        self.code = environ.get("CLARY_CODE", os.path.join(self.model_dir, "code"))
        self.program = environ.get("SAGEMAKER_PROGRAM", "")
        self.multi_model = environ.get("SAGEMAKER_MULTI_MODEL", "false").lower() == "true"
        self.workers = self._workers(environ)
        self.accept = environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "")
        self.timeout_s = _number(environ, "SAGEMAKER_MODEL_SERVER_TIMEOUT", 0.0)
        self.memory_bytes = int(_number(environ, "CLARY_MEMORY_BYTES", 0.0))
        self.run_dir = environ.get("CLARY_RUN_DIR", "/run/clary")
        self.front_python = environ.get("CLARY_FRONT_PYTHON", "")
        self.front_paths = [path for path in environ.get("CLARY_FRONT_PATH", "").split(os.pathsep) if path]

    def _workers(self, environ: Mapping[str, str]) -> int:
        """One for each vCPU, as AWS's toolkits have it."""
        asked = int(_number(environ, "SAGEMAKER_MODEL_SERVER_WORKERS", 0.0))
        wanted = asked or int(environ.get("SM_NUM_CPUS") or os.cpu_count() or 1)
        return max(1, min(wanted, MOST_WORKERS))

    def share_processors(self, environ: MutableMapping[str, str]) -> None:
        """Divides the threads of numeric libraries among the workers, unless the user has set them.

        They are set to all processors of the host for jobs of one process.
        """
        cpus = environ.get("SM_NUM_CPUS", "")
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            if cpus and environ.get(name) == cpus:
                environ[name] = str(max(1, int(cpus) // self.workers))


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "").strip()
    try:
        return float(text) if text else default
    except ValueError:
        raise SystemExit("The variable {} is {!r}; it should be a number".format(name, text)) from None
