"""The view, made by bubblewrap."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from .rights import KEPT_CAPABILITIES, NODES
from .shield import shield

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .view import View


def bubblewrap_argv(bwrap: str, *, options: int) -> list[str]:
    """Returns the prefix of a command that runs in a view. It dies with its parent, and all it started.

    options: a descriptor to read ``bubblewrap_options`` from.
    """
    return [bwrap, "--args", str(options), "--"]


def bubblewrap_shield(view: View) -> Callable[[], None] | None:
    """Returns the function to call before bubblewrap is executed; None for an ordinary user."""
    if os.geteuid() != 0:
        return None
    return partial(shield, os.getpid(), [*(f"/dev/{name}" for name in NODES), *view.devices])


def bubblewrap_options(view: View, variables: Mapping[str, str], *, seccomp: int) -> list[str]:
    """Returns the options of bubblewrap. seccomp: a descriptor to read the filter of system calls from."""
    options = ["--die-with-parent", "--unshare-pid", "--unshare-uts", "--unshare-ipc"]
    options += ["--hostname", view.host_name, "--seccomp", str(seccomp)]
    if os.geteuid() == 0:
        options += ["--cap-drop", "ALL"]
        for capability in KEPT_CAPABILITIES.values():
            options += ["--cap-add", capability]
    else:
        options += ["--unshare-user", "--uid", "0", "--gid", "0"]
    options += ["--bind", view.root, "/"]
    for folder in _folders(view):
        options += ["--perms", "0755", "--dir", folder]
    for path, target in view.links:
        options += ["--symlink", target, path]
    options += ["--proc", "/proc", "--dev", "/dev"]
    options += ["--size", str(view.shm_bytes)] if view.shm_bytes else []
    options += ["--perms", "1777", "--tmpfs", "/dev/shm"]
    for device in view.devices:
        options += ["--dev-bind", device, device]
    options += ["--remount-ro", "/dev"]
    for mount in view.mounts:
        options += ["--bind" if mount.writable else "--ro-bind", mount.source, mount.target]
    for path in view.hidden:
        options += (
            ["--tmpfs", path, "--remount-ro", path]
            if os.path.isdir(path)
            else ["--ro-bind", "/dev/null", path]
        )
    options += ["--clearenv"]
    for name, value in variables.items():
        options += ["--setenv", name, value]
    return [*options, "--chdir", "/"]


def _folders(view: View) -> list[str]:
    """Returns the folders above links and mounts. bubblewrap itself would make them for root only."""
    paths = [path for path, _target in view.links]
    paths += [mount.target for mount in view.mounts]
    parents: set[str] = set()
    for path in paths:
        while (path := os.path.dirname(path)) != "/":
            parents.add(path)
    mounted = {mount.target for mount in view.mounts}
    return sorted(path for path in parents if not _within(path, mounted))


def _within(path: str, folders: set[str]) -> bool:
    while path != "/":
        if path in folders:
            return True
        path = os.path.dirname(path)
    return False
