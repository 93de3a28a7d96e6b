"""The view, made by bubblewrap."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .view import View

# What root inside may do: run package managers and servers. Not: mount, trace, make devices, open by handle.
KEPT_CAPABILITIES = (
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
    "CAP_NET_BIND_SERVICE",
)  # fmt: skip


def bubblewrap_argv(bwrap: str, view: View) -> list[str]:
    """The command that runs what is appended to it inside ``view``; all of it dies with its parent."""
    argv = [bwrap, "--die-with-parent", "--unshare-pid", "--unshare-uts", "--unshare-ipc"]
    argv += ["--hostname", view.host_name]
    if os.geteuid() == 0:
        argv += ["--cap-drop", "ALL"]
        for capability in KEPT_CAPABILITIES:
            argv += ["--cap-add", capability]
    else:
        argv += ["--unshare-user", "--uid", "0", "--gid", "0"]
    argv += ["--bind", view.root, "/"]
    for path, target in view.links:
        argv += ["--symlink", target, path]
    argv += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/dev/shm"]
    for device in view.devices:
        argv += ["--dev-bind", device, device]
    for mount in view.mounts:
        argv += ["--bind" if mount.writable else "--ro-bind", mount.source, mount.target]
    for path in view.hidden:
        argv += ["--tmpfs", path] if os.path.isdir(path) else ["--ro-bind", "/dev/null", path]
    return [*argv, "--chdir", "/", "--"]
