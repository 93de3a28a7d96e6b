"""Hosts whose user's process may run in a container. Agents are processes of this machine, as elsewhere.

The agent creates the container and removes it (``host/container``). A container does not end with its agent.
So this backend removes what agents have left that were killed, also while no server ran.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

from clary.compute.backend import ENDED, LOST
from clary.host.container.addresses import engine_address
from clary.host.container.engine import Engine, EngineError
from clary.host.container.leftovers import NOTE, remove_container_of, remove_orphans

from .process import ProcessBackend

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger("clary.compute")


class ContainerBackend(ProcessBackend):
    """A ProcessBackend that also looks after containers. Hosts of other images are as it has them."""

    _looked_for_orphans = False

    async def poll(self, handle: str) -> int | None:
        code = await super().poll(handle)
        if code in (LOST, ENDED):
            # Before anybody hears of it: a further attempt of the job uses the same network.
            await self._clean(handle)
        return code

    async def forget(self, handle: str) -> None:
        # Without an answer of the engine the host's folder stays, and with it the note of what is left.
        if await self._clean(handle):
            await super().forget(handle)

    async def handles(self) -> list[str]:
        if not self._looked_for_orphans:
            self._looked_for_orphans = True
            await asyncio.to_thread(_remove_orphans, self.root)
        return await super().handles()

    async def _clean(self, handle: str) -> bool:
        folder = self._folder(handle)
        if not (folder / NOTE).exists():
            return True
        try:
            await asyncio.to_thread(remove_container_of, folder)
        except EngineError as error:
            log.warning("the container of %s can't be removed now: %s", handle, error)
            return False
        return True


def _remove_orphans(root: Path) -> None:
    """Removes containers whose hosts have no folder any more: somebody has removed the state of a server."""
    address = engine_address(os.environ)
    if not address:
        return
    try:
        for name in remove_orphans(Engine(address), root):
            log.warning("the container %s was removed: its host is no more", name)
    except EngineError as error:
        log.warning("%s", error)
