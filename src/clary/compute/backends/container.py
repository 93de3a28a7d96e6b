"""Hosts whose user's process may run in a container. Agents are processes of this machine, as elsewhere.

The agent creates the container and removes it (``host/container``). A container does not end with its agent.
So this backend removes what agents have left that were killed, also while no server ran.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from typing import TYPE_CHECKING, Any

from clary.compute.backend import ENDED, LOST
from clary.host.container.addresses import engine_address
from clary.host.container.engine import Engine, EngineError
from clary.host.container.leftovers import NOTE, remove_container_of, remove_orphans

from .process import ProcessBackend

if TYPE_CHECKING:
    from pathlib import Path

AGAIN_S = 1.0
"""How often an engine is asked that was away."""

log = logging.getLogger("clary.compute")


class ContainerBackend(ProcessBackend):
    """A ProcessBackend that also looks after containers. Hosts of other images are as it has them."""

    def __init__(self, root: Path, **options: Any) -> None:
        """options: as ProcessBackend has them."""
        super().__init__(root, **options)
        self._looked_for_orphans = False
        self._turn = threading.Condition()
        self._left: list[Path] = []
        """Hosts that were forgotten while the engine was away. A thread removes them when it is back."""
        self._closed = False

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
        else:
            self._remove_later(self._folder(handle))

    def close(self) -> None:
        super().close()
        with self._turn:
            self._closed = True
            self._turn.notify_all()

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

    def _remove_later(self, folder: Path) -> None:
        with self._turn:
            if folder in self._left:
                return
            self._left.append(folder)
            if len(self._left) == 1:
                threading.Thread(target=self._remove_left, name="containers left", daemon=True).start()

    def _remove_left(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._closed, AGAIN_S)
                if self._closed:
                    return  # the next server finds the folders
                folder = self._left[0]
            try:
                remove_container_of(folder)
            except EngineError:
                continue
            self._remove(folder)
            with self._turn:
                self._left.remove(folder)
                if not self._left:
                    return


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
