"""The actor that brings Clary's code to a node, and calls it.

Ray sends this class itself, by value: it may use nothing but the standard library, and nothing of this
module. The code is unpacked once into a folder of the node, by its digest, and stays there: agents read it
after the actor has ended, which is why Ray's own ``py_modules``, which Ray removes, do not do.
"""

from __future__ import annotations

from typing import Any


def assigned_gpus() -> list[str]:
    """Returns the GPUs that Ray has assigned to the task where this runs."""
    import ray

    return [str(gpu) for gpu in ray.get_runtime_context().get_accelerator_ids().get("GPU", [])]


class Bootstrap:
    """Makes one object of Clary's code, and calls its methods. Ray may start it again at any time."""

    def __init__(self, folder: str, digest: str, entry: str, arguments: dict[str, Any]) -> None:
        """folder: on the node, ``~`` allowed. entry: ``module:class`` of what is made, with ``arguments``."""
        import os

        self._code = os.path.join(os.path.expanduser(folder), "code", digest)
        self._entry = entry
        self._arguments = arguments
        self._made: Any = None

    async def has_code(self) -> bool:
        import os

        return os.path.isdir(self._code)

    async def take_code(self, archive: bytes) -> None:
        """Unpacks the code, unless another actor of the node was faster."""
        import contextlib
        import io
        import os
        import shutil
        import tempfile
        import zipfile

        parent = os.path.dirname(self._code)
        os.makedirs(parent, mode=0o700, exist_ok=True)
        draft = tempfile.mkdtemp(prefix=".new-", dir=parent)
        try:
            with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                packed.extractall(draft)
            os.chmod(draft, 0o755)
            with contextlib.suppress(FileExistsError, OSError):
                os.rename(draft, self._code)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    async def call(self, method: str, arguments: dict[str, Any]) -> Any:
        """Calls a method of the object that is made of the code. Raises LookupError without the code."""
        import importlib
        import os
        import sys

        if self._made is None:
            if not os.path.isdir(self._code):
                raise LookupError("this node has no code of Clary yet")
            for loaded in [name for name in sys.modules if name.partition(".")[0] == "clary"]:
                del sys.modules[loaded]  # that of another version, which the node has installed
            sys.path.insert(0, self._code)
            module, _, name = self._entry.partition(":")
            try:
                self._made = getattr(importlib.import_module(module), name)(**self._arguments)
            except (SyntaxError, ImportError) as error:
                found = sys.version.split()[0]
                raise RuntimeError(f"Clary needs Python 3.11 on nodes; Ray has {found}: {error}") from None
        return await getattr(self._made, method)(**arguments)
