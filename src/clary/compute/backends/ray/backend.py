"""Hosts on the nodes of a Ray cluster: the server's side. A handle is the id of its host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.compute.backend import BackendAway

if TYPE_CHECKING:
    from clary.domain.hosts import HostSpec

    from .link import DriverLink


class RayBackend:
    """A backend whose hosts are on other machines. They outlive the server, the driver and the cluster."""

    def __init__(self, link: DriverLink) -> None:
        self._link = link

    async def launch(self, host_id: str, spec: HostSpec, *, node: str = "") -> str:
        handle: str = await self._link.ask("launch", host_id=host_id, spec=spec.to_json(), node=node)
        return handle

    async def poll(self, handle: str) -> int | None:
        try:
            code: int | None = await self._link.ask("poll", handle=handle)
        except BackendAway:
            return None
        return code

    async def last_words(self, handle: str) -> str:
        words: str = await self._link.ask("last_words", handle=handle)
        return words

    async def stop(self, handle: str) -> None:
        await self._link.ask("stop", handle=handle)

    async def forget(self, handle: str) -> None:
        await self._link.ask("forget", handle=handle)

    async def handles(self) -> list[str]:
        found: list[str] = await self._link.ask("handles")
        return found
