"""Authorizes and runs operations: each in one transaction, and in a thread where it may wait."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from clary.server.request_context import authorize_request, context_of

if TYPE_CHECKING:
    from clary.server.platform import Platform
    from clary.server.registry import Operation
    from clary.server.request_info import Requester, RequestInfo
    from clary.services.context import Context
    from clary.store.database import Database

THREADS = 40

READS = (
    "BatchDescribe",
    "BatchGet",
    "Describe",
    "Filter",
    "Get",
    "Head",
    "List",
    "Query",
    "Read",
    "Search",
    "Simulate",
)
"""The first words of the names of operations that change nothing a caller can see."""


class Operations:
    """The operations of one platform, and the threads they run in."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="clary-operation")

    async def call(
        self, function: Operation, info: RequestInfo, params: dict[str, Any], requester: Requester
    ) -> dict[str, Any]:
        """Returns the result of an operation. Raises Denied and what the operation raises."""
        await self.authorize(info, params, requester)
        return await self.run(function, info, params, requester)

    async def run(
        self, function: Operation, info: RequestInfo, params: dict[str, Any], requester: Requester
    ) -> dict[str, Any]:
        """Returns the result of an operation that the requester may do, or that checks this itself."""
        context = self.context_for(requester)
        if _is_quick(info) and not self._asks_far(info):
            # The way through a thread and back costs more than the operation (Describe, measured: 1,520 a
            # second with it, 2,360 without).
            return function(context, params) or {}
        loop = asyncio.get_running_loop()
        if info.service == "s3":
            # The content is in files, which a transaction can't undo: the store keeps both consistent itself.
            return await loop.run_in_executor(self._threads, function, context, params) or {}
        return await loop.run_in_executor(
            self._threads,
            run_operation,
            self._platform.database,
            info.operation,
            function,
            context,
            params,
        )

    async def authorize(self, info: RequestInfo, params: dict[str, Any], requester: Requester) -> None:
        """Raises Denied when the requester may not do the operation with these parameters."""
        asked = (self._platform, requester.caller, info.service, info.operation, params, requester.facts)
        if self._asks_far(info):
            # A policy may depend on the tags of an object.
            await asyncio.get_running_loop().run_in_executor(self._threads, authorize_request, *asked)
        else:
            authorize_request(*asked)

    def context_for(self, requester: Requester) -> Context:
        """Returns everything that an operation may use for one request."""
        return context_of(self._platform, requester.caller, requester.facts)

    def _asks_far(self, info: RequestInfo) -> bool:
        return info.service == "s3" and self._platform.blobs.is_far

    def close(self) -> None:
        """Waits until no operation is running."""
        self._threads.shutdown(cancel_futures=True)


def _is_quick(info: RequestInfo) -> bool:
    """Whether an operation reads a row or two by their keys: 0.1 ms, and a reader waits for no writer."""
    if info.service == "sagemaker":
        return info.operation.startswith("Describe")
    return info.service == "s3" and info.operation in ("GetObject", "HeadObject")


def run_operation(
    database: Database, operation: str, function: Operation, context: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Returns the function's result. Everything it wrote is committed by then, or nothing when it raises.

    A read opens no transaction. It may bring an index up to date, which is committed at once: other writers
    must not wait until the read has ended.
    """
    if operation.startswith(READS):
        return function(context, params) or {}
    with database.transaction():
        return function(context, params) or {}
