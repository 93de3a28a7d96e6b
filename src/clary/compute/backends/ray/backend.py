"""Hosts on the nodes of a Ray cluster: the server's side. A handle is the id of its host."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from clary.compute.backend import LOST, BackendAway

if TYPE_CHECKING:
    from clary.domain.hosts import HostSpec

    from .link import DriverLink


RECENT_S = 0.5
"""How long a host that ran counts as running without a question to its node: a job's task looks at its hosts
with every report, and at least once a second."""


class RayBackend:
    """A backend whose hosts are on other machines. They outlive the server, the driver and the cluster."""

    def __init__(self, link: DriverLink) -> None:
        self._link = link
        self._ran_at: dict[str, float] = {}
        """When hosts were last known to run."""
        self._ended: dict[str, int] = {}
        """The exit codes of hosts that have ended on a node that is there. Those of others may still run."""

    async def launch(self, host_id: str, spec: HostSpec, *, node: str = "") -> str:
        handle: str = await self._link.ask("launch", host_id=host_id, spec=spec.to_json(), node=node)
        self._ran_at[handle] = time.monotonic()
        self._ended.pop(handle, None)
        return handle

    async def poll(self, handle: str) -> int | None:
        if handle in self._ended:
            return self._ended[handle]
        if time.monotonic() < self._ran_at.get(handle, -RECENT_S) + RECENT_S:
            return None
        return self._seen(handle, await self._asked("poll", handle=handle))

    async def wait(self, handle: str, patience_s: float) -> int | None:
        return self._seen(handle, await self._asked("wait", handle=handle, patience_s=patience_s))

    async def _asked(self, method: str, **arguments: Any) -> int | None:
        code: int | None = None
        with contextlib.suppress(BackendAway):
            code = await self._link.ask(method, **arguments)
        return code

    def _seen(self, handle: str, code: int | None) -> int | None:
        if code is None:
            self._ran_at[handle] = time.monotonic()
        else:
            self._ran_at.pop(handle, None)
            if code != LOST:
                self._ended[handle] = code
        return code

    async def last_words(self, handle: str) -> str:
        words: str = await self._link.ask("last_words", handle=handle)
        return words

    async def stop(self, handle: str) -> None:
        await self._link.ask("stop", handle=handle)

    async def forget(self, handle: str) -> None:
        await self._link.ask("forget", handle=handle)
        self._ran_at.pop(handle, None)
        self._ended.pop(handle, None)

    async def handles(self) -> list[str]:
        found: list[str] = await self._link.ask("handles")
        return found
