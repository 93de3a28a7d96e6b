"""One node of the cluster: its keeper, started where it is missing, and asked."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from . import bootstrap
from .code import code_archive

if TYPE_CHECKING:
    from .messages import DriverSettings

CALL_S = 30.0
"""How long a keeper may take for an answer."""
ENDING_S = 1.0
KEEPER = "clary.compute.backends.ray.keeper:Keeper"

# Nodes need not have Clary: the class is sent itself.
ray.cloudpickle.register_pickle_by_value(bootstrap)


class NodeGone(Exception):
    """A node has left the cluster. Nothing was done."""


class NodeSilent(Exception):
    """The keeper of a node does not answer; the message says why. What was asked may have been done."""


class Node:
    """A node that is alive. ``met`` is set when its keeper has answered the first time."""

    def __init__(self, node_id: str, address: str, resources: dict[str, float], settings: DriverSettings):
        self.id = node_id
        self.address = address
        self.resources = resources
        self.about: dict[str, Any] = {}
        self.trouble = ""
        self.since = self.asked_at = time.monotonic()
        self.met = asyncio.Event()
        self._settings = settings
        self._keeper: Any = None
        self._making = asyncio.Lock()
        self._polls: dict[str, asyncio.Future[int | None]] = {}
        self._polling: asyncio.Task[None] | None = None

    async def call(self, method: str, **arguments: Any) -> Any:
        """Calls a method of the keeper. Raises NodeSilent, and what the method raises."""
        self.asked_at = time.monotonic()
        for attempt in (1, 2):
            try:
                async with asyncio.timeout(CALL_S):
                    keeper = await self._present_keeper()
                    return await keeper.call.remote(method, arguments)
            except RayTaskError as error:
                if not isinstance(error, LookupError):
                    raise
                self._keeper = None  # somebody has removed the folder with its code
                trouble: Exception = error
            except (RayError, TimeoutError, ValueError) as error:
                self._keeper = None
                trouble = error
            if attempt == 2:
                break
        self.trouble = str(trouble).splitlines()[0] if str(trouble) else "it does not answer"
        raise NodeSilent(f"node {self.address}: {self.trouble}")

    async def rest(self) -> None:
        """Ends the keeper. The next call starts it again."""
        async with self._making:
            if self._keeper is not None:
                await asyncio.to_thread(ray.kill, self._keeper)
                self._keeper = None

    async def end(self, host: str) -> None:
        """Ends a host and removes it. Raises what ``call`` raises."""
        while await self.call("poll", hosts=[host]) == [None]:
            await self.call("stop", host=host)
            await asyncio.sleep(ENDING_S)
        await self.call("forget", host=host)

    async def poll(self, host: str) -> int | None:
        """As the keeper's ``poll``. While one question is on its way, the next ones are collected."""
        asked = self._polls.get(host)
        if asked is None:
            asked = self._polls[host] = asyncio.get_running_loop().create_future()
            if self._polling is None or self._polling.done():
                self._polling = asyncio.create_task(self._poll())
        return await asyncio.shield(asked)

    async def _poll(self) -> None:
        while self._polls:
            asked, self._polls = self._polls, {}
            try:
                codes = await self.call("poll", hosts=list(asked))
            except Exception as error:
                for future in asked.values():
                    future.set_exception(error)
                    future.exception()  # whoever asked may have gone
                continue
            for future, code in zip(asked.values(), codes, strict=True):
                future.set_result(code)

    async def _present_keeper(self) -> Any:
        async with self._making:
            if self._keeper is None:
                self._keeper = await self._made_keeper()
            return self._keeper

    async def _made_keeper(self) -> Any:
        code = code_archive()
        settings = self._settings
        keeper = await asyncio.to_thread(
            ray.remote(bootstrap.Bootstrap)
            .options(
                name=f"keeper {self.address} {self.id[:12]} {keeper_version(settings)}",
                namespace=settings.namespace,
                lifetime="detached",
                get_if_exists=True,
                num_cpus=0,
                max_restarts=-1,
                scheduling_strategy=NodeAffinitySchedulingStrategy(self.id, soft=False),
            )
            .remote,
            settings.folder,
            code.digest,
            KEEPER,
            {
                "folder": settings.folder,
                "namespace": settings.namespace,
                "address": self.address,
                "sandbox": settings.sandbox,
                "delivery_s": settings.delivery_s,
                "environments_bytes": settings.environments_bytes,
            },
        )
        if not await keeper.has_code.remote():
            await keeper.take_code.remote(code.archive)
        return keeper


def keeper_version(settings: DriverSettings) -> str:
    """Names what a keeper is made of: its code, and the settings of this server."""
    made_of = f"{code_archive().digest} {settings!r}"
    return hashlib.sha256(made_of.encode()).hexdigest()[:20]


def end_other_keepers(settings: DriverSettings) -> None:
    """Ends keepers of an earlier version of Clary, or of other settings. Their agents go on."""
    version = keeper_version(settings)
    for name in ray.util.list_named_actors():
        if name.startswith("keeper ") and not name.endswith(version):
            with contextlib.suppress(ValueError):
                ray.kill(ray.get_actor(name, settings.namespace))
