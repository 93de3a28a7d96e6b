"""Periodic tasks that no request starts."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clary.server.platform import Platform

EVERY_S = 3600.0

log = logging.getLogger("clary.server")


async def keep_house(platform: Platform) -> None:
    """Deletes log lines that are older than the retention of their group, periodically, until cancelled."""
    while True:
        try:
            await asyncio.to_thread(platform.logs.expire, platform.now())
        except Exception:
            log.exception("expired log lines could not be removed; the next round tries again")
        await asyncio.sleep(EVERY_S)
