"""A sandbox for packages of users: their ``setup.py`` is code, and anybody may own their wheels and indexes.

It contains what the user's process of a job sees, plus the folders named here: no shared cache, no state of
Clary, no home, no password. Where no sandbox works, jobs run without one, and builds too.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clary.host.sandbox import Mount, SandboxKind, entered, view_of
from clary.host.sandbox.detection import chosen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from clary.host.sandbox import Entrance

_KEPT = ("SSL_", "LANG", "LC_", "PATH", "NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_UV_KEPT = (
    "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX",
    "UV_INDEX_STRATEGY", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT", "UV_HTTP_RETRIES", "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS", "UV_PYTHON_DOWNLOADS", "UV_NO_PROGRESS", "UV_CONCURRENT_BUILDS", "UV_EXCLUDE_NEWER",
)  # fmt: skip
_PASSWORD = re.compile(r"://[^/@\s,]*@")


@contextmanager
def build_sandbox(
    folder: Path,
    *,
    readable: Sequence[Path],
    writable: Sequence[Path],
    withheld: Sequence[Path],
    variables: Mapping[str, str],
) -> Iterator[Entrance | None]:
    """Yields the entrance of the sandbox, open inside the ``with``; None where no sandbox works.

    folder: becomes ``/``; it must exist and be empty. Paths are the same inside and outside. withheld:
    files in writable folders that stay empty whatever happens inside. variables: all variables of a program.
    """
    kind = chosen().kind
    if kind is SandboxKind.NONE:
        yield None
        return
    mounts = [Mount(str(path), str(path)) for path in readable if path.exists()]
    mounts += [Mount(str(path), str(path), writable=True) for path in writable]
    nothing = folder.with_name(f"{folder.name}.empty")
    nothing.touch()
    mounts += [Mount(str(nothing), str(path)) for path in withheld]
    with entered(kind, view_of("builder", str(folder), mounts), variables) as entrance:
        yield entrance


def build_variables(environ: Mapping[str, str], cache: Path) -> dict[str, str]:
    """Returns the variables of a build: the settings of indexes, without any secret."""
    kept = {
        name: value
        for name, value in environ.items()
        if name.upper().startswith(_KEPT) or name.upper() in _UV_KEPT
    }
    kept = {name: _PASSWORD.sub("://", value) for name, value in kept.items()}
    return {**kept, "HOME": "/tmp", "TMPDIR": "/tmp", "UV_CACHE_DIR": str(cache), "UV_LINK_MODE": "copy"}


def index_folders(environ: Mapping[str, str]) -> list[Path]:
    """Returns folders and files on this machine that the installer's variables name."""
    places = [environ.get("UV_DEFAULT_INDEX", ""), *environ.get("UV_INDEX", "").split()]
    places += [environ.get("UV_INDEX_URL", ""), *environ.get("UV_EXTRA_INDEX_URL", "").split()]
    places += environ.get("UV_FIND_LINKS", "").split(",")
    places += [environ.get("SSL_CERT_FILE", ""), environ.get("SSL_CERT_DIR", "")]
    # An index may have a name before its address: mirror=file:///srv/simple.
    paths = [Path(place.rpartition("file://")[2]) for place in places]
    folders = [path for path in paths if path.is_absolute()]
    # A simple index lies next to the folder of its files, and names them by paths with ``..``.
    folders += [path.parent for path in folders if path.name == "simple"]
    return [path for path in dict.fromkeys(folders) if os.path.lexists(path)]
