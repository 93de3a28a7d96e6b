"""Periodic tasks that no request starts."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from clary.server.ecr.collection import collect_garbage

if TYPE_CHECKING:
    from clary.server.ecr.registry_server import RegistryServer
    from clary.server.platform import Platform

EVERY_S = 3600.0

log = logging.getLogger("clary.server")


async def keep_house(platform: Platform, registry: RegistryServer) -> None:
    """Deletes old log lines and layers of images that are gone, periodically, until cancelled."""
    while True:
        try:
            await asyncio.to_thread(platform.logs.expire, platform.now())
        except Exception:
            log.exception("expired log lines could not be removed; the next round tries again")
        try:
            # Where several servers share the folder, none knows what the others push.
            if not platform.database.shared_clock:
                await asyncio.to_thread(collect_garbage, registry, platform.records)
        except Exception:
            log.exception("the garbage of images could not be collected; the next round tries again")
        await asyncio.sleep(EVERY_S)
