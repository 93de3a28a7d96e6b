"""FastFile channels on a machine that has no stored objects: mounted, and fetched as they are read."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..sandbox.fuse_mount import unmount
from .fuse.fetcher import Fetcher
from .fuse.segments import Segments
from .fuse.session import FuseSession
from .fuse.tree import Tree
from .node_cache import NodeCache

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..client.objects import ObjectSource
    from ..sandbox.fuse_mount import FuseMount
    from .fetching import Staged


@dataclass(frozen=True, slots=True)
class _Mounted:
    session: FuseSession
    mount: FuseMount


class FastFiles:
    """The mounted channels of one job."""

    def __init__(self, mount: Callable[[str], FuseMount], say: Callable[[str], None]) -> None:
        """mount: mounts a folder so that the job will see it; raises OSError. say: writes into its log."""
        self._mount = mount
        self._say = say
        self._mounted: list[_Mounted] = []

    def provide(self, title: str, objects: Sequence[Staged], folder: Path, source: ObjectSource) -> bool:
        """Mounts the objects at an empty folder. Returns False where that is not possible, and says why.

        title: of the channel. Raises ClientError for keys that can't be paths.
        """
        if any(one.item.size_bytes < 0 for one in objects):
            self._refuse(title, "the server does not tell the sizes of its objects")
            return False
        try:
            mount = self._mount(str(folder))
        except OSError as error:
            self._refuse(title, str(error))
            return False
        try:
            tree = Tree(objects, mount.owner, int(time.time()))
            segments = Segments(NodeCache.of_node(os.environ, source.server))
            session = FuseSession(mount.device, tree, segments, Fetcher(source, segments, self._say))
        except BaseException:
            os.close(mount.device)
            _unmount(mount)
            raise
        self._mounted.append(_Mounted(session, mount))
        return True

    def close(self) -> None:
        """Ends all of them. Processes that still read get an error."""
        while self._mounted:
            mounted = self._mounted.pop()
            mounted.session.close()
            _unmount(mounted.mount)

    def _refuse(self, title: str, reason: str) -> None:
        self._say(
            f"Clary: FastFile is not possible on this machine ({reason}). "
            f"All objects of {title} are downloaded before the start, as in File mode."
        )


def _unmount(mount: FuseMount) -> None:
    if mount.path:
        with contextlib.suppress(OSError):
            unmount(mount.path)
