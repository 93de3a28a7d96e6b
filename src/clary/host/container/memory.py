"""The memory of a container: what limits it, and whether the kernel has killed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..bounds.cgroups import Group


class ContainerMemory:
    """What the kernel and the engine say of the memory of a container: a control group for ``Bounds``."""

    controllers = ("memory", "pids")
    procs = ""

    def __init__(self) -> None:
        self.engine_says_killed = False
        self._group: Group | None = None
        self._limited = False
        self._kills = 0

    def follow(self, group: Group | None) -> None:
        self._group = group
        self._limited = group is not None and group.limits_memory()

    def kills(self) -> int:
        """Returns the most that was seen: the group itself is soon removed after the end."""
        if self._group is not None:
            self._kills = max(self._kills, self._group.kills())
        return max(self._kills, int(self.engine_says_killed))

    def holds(self, _pid: int) -> bool:
        """Whether the engine limits memory. One without root can't everywhere, and then it is measured."""
        return self._limited
