"""The view of a sandbox: an allow-list. What is not in it does not exist for the job.

In it are the machine's software (``system.py``), the environment at its own path, and the host's folders.
Clary's state folder and the user's home are not.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .system import Mount, system

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Mount", "SandboxKind", "View", "in_order", "view_of"]

IN_MEMORY = ("/etc", "/sys", "/opt/clary")
_MOST_LINKS = 40
"""As many links as the kernel follows in one path."""


class SandboxKind(Enum):
    BUBBLEWRAP = "bubblewrap"
    UNSHARE = "unshare"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class View:
    """Everything that exists in a sandbox.

    root: a folder outside that becomes ``/``, private to this host. mounts: outer ones first; no target
    is reached through a link. links: (path, target) symbolic links. hidden: paths that become
    empty. devices: nodes of /dev beyond the harmless ones. shm_bytes: the size of /dev/shm; 0: the kernel's.
    in_memory: folders for which inner.py mounts a small tmpfs, because they hold many mount points.
    """

    host_name: str
    root: str
    mounts: tuple[Mount, ...]
    links: tuple[tuple[str, str], ...] = ()
    hidden: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    shm_bytes: int = 0
    in_memory: tuple[str, ...] = IN_MEMORY


def view_of(
    host_name: str, root: str, own: Iterable[Mount], *, gpus: bool = False, shm_bytes: int = 0
) -> View:
    """Returns the view of a host: the system and its ``own`` mounts. The last one of a target counts."""
    found = system()
    return View(
        host_name=host_name,
        root=root,
        mounts=in_order(root, (*found.mounts, *own), dict(found.links)),
        links=found.links,
        hidden=found.hidden,
        devices=tuple(_gpu_devices()) if gpus else (),
        shm_bytes=shm_bytes,
    )


def in_order(root: str, mounts: Iterable[Mount], links: Mapping[str, str]) -> tuple[Mount, ...]:
    """Sorts mounts, outer ones first, and resolves the links in their targets as they will be in the sandbox.

    Otherwise a mount would follow an absolute link, which a job may have made, out of the root.
    """
    placed: dict[str, str] = {}
    kept: dict[str, Mount] = {}
    for mount in sorted(mounts, key=lambda each: _depth(each.target)):
        target = _followed(mount.target, root, links, placed)
        placed[target] = mount.source
        kept[target] = Mount(mount.source, target, mount.writable)
    return tuple(sorted(kept.values(), key=lambda each: _depth(each.target)))


def _depth(path: str) -> int:
    return os.path.normpath(path).count("/")


def _followed(path: str, root: str, links: Mapping[str, str], placed: Mapping[str, str]) -> str:
    """Resolves ``path`` as the kernel will in the sandbox."""
    here = ""
    left = path.split("/")[::-1]
    links_left = _MOST_LINKS
    while left:
        name = left.pop()
        if name in ("", "."):
            continue
        if name == "..":
            here = here.rpartition("/")[0]
            continue
        step = f"{here}/{name}"
        target = links.get(step) or _link(_outside(step, root, placed))
        if target is None or links_left == 0:
            here = step
            continue
        links_left -= 1
        if target.startswith("/"):
            here = ""
        left += target.split("/")[::-1]
    return here or "/"


def _outside(path: str, root: str, placed: Mapping[str, str]) -> str:
    """Returns the path outside of what is at ``path`` in the sandbox."""
    above = path
    while above:
        if above in placed:
            return placed[above] + path[len(above) :]
        above = above.rpartition("/")[0]
    return root + path


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None


def _gpu_devices() -> Iterator[str]:
    for name in sorted(os.listdir("/dev")):
        if name.startswith("nvidia") or name in ("dri", "kfd"):
            yield f"/dev/{name}"
