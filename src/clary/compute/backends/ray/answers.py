"""Carries out the messages of a server, and tells the answers and what becomes of the nodes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ray.exceptions import RayError, RayTaskError

from .cluster import ClusterNodes
from .node import NodeGone, NodeSilent

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_S = 1.0
LOOK_TIMEOUT_S = 10.0
LONGEST_WORDS = 500
ASKED = frozenset(
    (
        "launch",
        "poll",
        "wait",
        "last_words",
        "stop",
        "forget",
        "handles",
        "reserve",
        "release",
        "move",
        "retain",
        "report",
        "images",
    )
)


class Answers:
    """To be made in a running loop, where Ray is."""

    def __init__(self, settings: dict[str, Any], tell: Callable[[dict[str, Any]], None]) -> None:
        """tell: is given each message to the server, when it is ready."""
        self._nodes = ClusterNodes(**settings)
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken = asyncio.get_running_loop().create_future()
        self._looked = asyncio.Event()
        """What an earlier driver has left is known: before that, nothing is done."""

    def take(self, asked: dict[str, Any]) -> None:
        """Begins to carry out a message."""
        task = asyncio.create_task(self._answer(asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Tells when nodes change. Raises when the cluster does not answer."""
        looking = asyncio.create_task(self._look())
        try:
            await asyncio.wait({looking, self._broken}, return_when=asyncio.FIRST_COMPLETED)
            (self._broken if self._broken.done() else looking).result()
        finally:
            looking.cancel()

    async def _look(self) -> None:
        known: Any = None
        while True:
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                nodes, without = await self._nodes.look(), await self._nodes.no_node_for()
            self._looked.set()
            if (nodes, without) != known:
                first = {} if known is not None else {"Ready": True}
                self._tell({"Nodes": nodes, "NoNodeFor": without, **first})
                known = nodes, without
            await asyncio.sleep(LOOK_S)

    async def _answer(self, asked: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"Id": asked["Id"]}
        await self._looked.wait()
        try:
            if asked["Ask"] not in ASKED:
                raise LookupError(f"nobody answers {asked['Ask']}")
            answer["Answer"] = await getattr(self._nodes, asked["Ask"])(**asked["With"])
        except (NodeGone, NodeSilent) as error:
            answer |= {"Trouble": words_of(error), "Away": True}
        except Exception as error:
            if isinstance(error, (RayError, ConnectionError)) and not isinstance(error, RayTaskError):
                # The cluster does not answer. The next driver is asked again.
                if not self._broken.done():
                    self._broken.set_exception(error)
                return
            answer |= {"Trouble": words_of(error), "Away": False}
        self._tell(answer)


def words_of(error: BaseException) -> str:
    """Returns the message of an error; of one from elsewhere, without the trace that Ray adds."""
    if isinstance(error, RayTaskError) and error.cause is not None:
        error = error.cause
    lines = [text.strip() for text in str(error).splitlines() if text.strip()]
    if any(text.startswith("Traceback") for text in lines):
        lines = lines[-1:]
    return " ".join(lines)[:LONGEST_WORDS] if lines else type(error).__name__
