"""Short-lived containers of our own, for what only the engine's root may do.

Where an ordinary user runs Clary and the engine belongs to root, the agent can neither join the network of a
container nor read what that wrote as root. So a helper does it: a container in the same network, or with the
same folders, that runs one file of ours (``inside.py``) with the machine's own Python. Whoever may use such
an engine is root of the machine anyway: nothing becomes possible that was not.

    agent ── socket in a folder that both have ──> helper, in the network of the container
          <── sockets of that network ───────────
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .addresses import belongs_to_root
from .devices import NO_NETWORK
from .engine import Engine, EngineError
from .namespaces import SocketsInside, join_network
from .orders import HELPER_LABEL, HOST_LABEL, container_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from clary.domain.hosts import ContainerImage, HostSpec

COMES_S = 30.0
"""How long a helper may take to start."""
PROGRAM = "/clary/inside.py"
FOLDER, LINK = "/clary/helper", "link"
PYTHON = "/clary/python"
"""Where a Python is mounted that is not in /usr."""
_SOFTWARE = ("/usr", "/lib", "/lib64")
_MEMORY_BYTES = 512 << 20
_PROCESSES = 16


def needs_helper(engine: str) -> bool:
    """Whether containers of an engine belong to root, and this process does not."""
    return os.geteuid() != 0 and belongs_to_root(engine)


def sockets_of(spec: HostSpec, host: Path, pid: int) -> SocketsInside:
    """Returns what makes sockets in the network of a host's container. pid: of a process in it.

    Raises OSError where that is not possible.
    """
    image = spec.environment.container
    assert image is not None
    try:
        return join_network(pid)
    except PermissionError:
        if not needs_helper(image.engine):
            raise
    try:
        return _sockets_beside(image, host, container_name(spec, host), pid)
    except EngineError as error:
        raise OSError(f"no helper for the network of the container: {error}") from error


def take_files(engine_address: str, image: str, host: Path, folders: Sequence[str]) -> None:
    """Makes this user the owner of what a container of an image wrote to folders. Raises EngineError.

    No container may write there meanwhile.
    """
    inside = [f"/clary/files/{number}" for number in range(len(folders))]
    words = ["files", str(os.geteuid()), str(os.getegid()), *inside]
    engine = Engine(engine_address)
    body = _orders(
        image, host, words, dict(zip(inside, folders, strict=True)), network=NO_NETWORK, user="0:0"
    )
    # To enter what others have closed, and to own it. The image may bring code into any of its programs
    # (/etc/ld.so.preload), so the helper has no right that a container does not have by default.
    body["HostConfig"]["CapAdd"] = ["CHOWN", "DAC_OVERRIDE", "FOWNER"]
    helper = _started(engine, body)
    engine.wait(helper)
    code = ((engine.inspect(helper) or {}).get("State") or {}).get("ExitCode")
    _remove_ended(engine, helper)
    if code != 0:
        raise EngineError(0, f"the helper for the files of the container ended with {code}")


def _sockets_beside(image: ContainerImage, host: Path, container: str, pid: int) -> SocketsInside:
    """Starts a helper in the network of a container; it ends with its link. pid: of a process in there."""
    folder = host / f"helper.{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    engine = Engine(image.engine)
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as waiting:
            # The address of a Unix socket has at most 107 bytes, and the folder may have a longer name.
            waiting.bind(f"/proc/self/fd/{opened}/{LINK}")
            waiting.listen(1)
            waiting.settimeout(COMES_S)
            body = _orders(
                image.id,
                host,
                ["sockets", f"{FOLDER}/{LINK}"],
                {FOLDER: os.fspath(folder)},
                network=_network_of(engine, container, pid),
                user=f"{os.geteuid()}:{os.getegid()}",
            )
            helper = _started(engine, body)
            try:
                link, _ = waiting.accept()
            except OSError:
                engine.remove(helper)
                raise
            link.settimeout(None)
            return SocketsInside(link, lambda: _remove_ended(engine, helper))
    finally:
        os.close(opened)
        shutil.rmtree(folder, ignore_errors=True)


def _started(engine: Engine, body: dict[str, Any]) -> str:
    """Returns the id of a helper. Raises EngineError; then there is none."""
    helper = engine.create(f"clary-helper-{secrets.token_hex(8)}", body)
    try:
        engine.start(helper)
    except EngineError:
        engine.remove(helper)
        raise
    return helper


def _remove_ended(engine: Engine, helper: str) -> None:
    """Removes a helper that ends by itself. What is left goes with the container of the host."""
    with suppress(EngineError):
        # Podman can't remove one that is just ending.
        engine.wait(helper)
        engine.remove(helper)


def _network_of(engine: Engine, container: str, pid: int) -> str:
    if engine.is_podman:
        # With the name of a container, Podman would start that first: too early, or a second time.
        return f"ns:/proc/{pid}/ns/net"
    return f"container:{container}"


def _orders(
    image: str,
    host: Path,
    words: Sequence[str],
    folders: Mapping[str, str],
    *,
    network: str,
    user: str,
) -> dict[str, Any]:
    """folders: by their path inside; they can be written to."""
    python, mounts = _python()
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside.py")
    mounts += [(PROGRAM, program, True), *((inside, path, False) for inside, path in folders.items())]
    return {
        "Image": image,
        "Entrypoint": [python],
        "Cmd": ["-I", "-S", PROGRAM, *words],
        "User": user,
        "WorkingDir": "/",
        # Images name libraries of theirs here, which are not there or do not fit.
        "Env": ["LD_PRELOAD=", f"LD_LIBRARY_PATH={PYTHON}/lib"],
        "Labels": {HOST_LABEL: os.fspath(host), HELPER_LABEL: words[0]},
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "NetworkMode": network,
            "Mounts": [
                {"Type": "bind", "Source": source, "Target": target, "ReadOnly": read_only}
                for target, source, read_only in mounts
            ],
            "LogConfig": {"Type": "none", "Config": {}},
            "SecurityOpt": ["label=disable", "no-new-privileges"],
            "CapDrop": ["ALL"],
            "ReadonlyRootfs": True,
            "Memory": _MEMORY_BYTES,
            "PidsLimit": _PROCESSES,
        },
    }


def _python() -> tuple[str, list[tuple[str, str, bool]]]:
    """Returns the path of the machine's Python inside, and its mounts: (path inside, path here, read-only).

    They lie over folders of the image, which may have no Python, and no file at all.
    """
    here = os.path.realpath(sys.executable)
    mounts = [(path, os.path.realpath(path), True) for path in _SOFTWARE if os.path.isdir(path)]
    if here.startswith("/usr/"):
        return here, mounts
    # In a home, perhaps, which only its owner may enter. Python finds its modules from where it lies.
    prefix, name = os.path.dirname(os.path.dirname(here)), os.path.basename(here)
    return f"{PYTHON}/bin/{name}", [*mounts, (PYTHON, prefix, True)]
