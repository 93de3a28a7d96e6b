"""The images that the container engines of the nodes have, as the server asks for them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from clary.compute.backend import BackendAway
from clary.domain.errors import BadRequest
from clary.domain.hosts import ContainerImage, EnvironmentSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from .link import DriverLink

    Answers = dict[str, dict[str, Any]]

KNOWN_S = 3.0
"""How long an answer counts for the checks of a request. A job that starts asks anew."""
ASK_S = 15.0
AGAIN_S = 1.0


class NodeImages:
    """Looks images up by name, on all nodes. Thread-safe. Not for the thread of an event loop."""

    def __init__(self, link: DriverLink, clock: Callable[[], float] = time.monotonic) -> None:
        self._link = link
        self._clock = clock
        self._known: dict[str, tuple[float, Answers]] = {}

    def find(self, image_uri: str, *, anew: bool = False) -> EnvironmentSpec | None:
        """Returns the environment of an image that some node has; None when none has, or none answers.

        Each node finds its own engine when a host starts there. anew: as it is now; then it raises
        BackendAway, and BadRequest when nodes have different images of this name.
        """
        try:
            answers = self._ask(image_uri, anew=anew)
        except BackendAway:
            if anew:
                raise
            return None
        ids: dict[str, list[str]] = {}
        for address, answer in answers.items():
            if answer.get("id"):
                ids.setdefault(answer["id"], []).append(address)
        if not ids:
            return None
        if anew and len(ids) > 1:
            said = "; ".join(f"{each[7:19]} on {', '.join(on)}" for each, on in sorted(ids.items()))
            raise BadRequest(
                f"The nodes have different images of the name {image_uri}: {said}. Put the same one on each, "
                "or push it to ECR"
            )
        return EnvironmentSpec(image_uri, "", container=ContainerImage("", next(iter(ids))))

    async def found(self, image_uri: str, on_progress: Callable[[str], None]) -> EnvironmentSpec | None:
        """As ``find`` does anew, in any event loop. Waits until the cluster answers. Raises BadRequest."""
        while True:
            try:
                return await asyncio.to_thread(self.find, image_uri, anew=True)
            except BackendAway as away:
                on_progress(f"Looking for the image {image_uri} on the nodes: {away}")
                await asyncio.sleep(AGAIN_S)

    def pushed(self, image_uri: str, image_id: str, where: str) -> EnvironmentSpec:
        """Returns the environment of an image of ECR, which a node loads that has not got it.

        where: ``repository@digest``.
        """
        return EnvironmentSpec(image_uri, "", container=ContainerImage("", image_id, pushed=where))

    def has_not(self, image_uri: str) -> str:
        """Returns the sentence for a user whose image no node has."""
        try:
            answers = self._ask(image_uri)
        except BackendAway as away:
            return f"The nodes of the cluster can't be asked: {away}."
        engines = [address for address, answer in answers.items() if answer.get("engine")]
        if not engines:
            return "No node of the cluster has a container engine that answers."
        return (
            f"No container engine of the {len(engines)} nodes that have one has an image {image_uri!r}: push "
            "it to ECR, or `docker pull` it on every node."
        )

    def _ask(self, image_uri: str, *, anew: bool = False) -> Answers:
        until, answers = self._known.get(image_uri, (0.0, {}))
        if anew or self._clock() >= until:
            answers = asyncio.run(self._asked(image_uri))
            now = self._clock()
            self._known = {name: found for name, found in self._known.items() if found[0] > now}
            self._known[image_uri] = now + KNOWN_S, answers
        return answers

    async def _asked(self, image_uri: str) -> Answers:
        try:
            async with asyncio.timeout(ASK_S):
                found: Answers = await self._link.ask("images", name=image_uri)
        except TimeoutError:
            raise BackendAway(f"no answer within {ASK_S:g} s") from None
        return found
