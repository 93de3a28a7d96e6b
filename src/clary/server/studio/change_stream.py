"""One page's stream of changes, as server-sent events: names of records that its caller may see."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import PlatformError
from clary.services.access.authorize import may

from .changes import LINEAGE, shown_noun

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clary.server.platform import Platform
    from clary.services.access.facts import RequestFacts

    from .changes import Changes, Name
    from .sessions import Session, Sessions

GATHER_S = 0.1
"""Between two events: what changes meanwhile is one event."""
BEAT_S = 15.0
"""Without changes, a comment says so often that the server is there."""
MOST_STREAMS = 500
"""Of all sessions together."""


async def stream_changes(
    platform: Platform,
    changes: Changes,
    sessions: Sessions,
    session: Session,
    facts: RequestFacts,
    position: str,
) -> AsyncIterator[bytes]:
    """Events ``reset`` (read everything anew), ``change`` (names) and ``end`` (of the session).

    Ends with the session, and when the server goes down. Raises PlatformError (429) before its first event
    when there are too many streams.
    """
    if changes.streams >= MOST_STREAMS:
        raise PlatformError(
            "too many pages are open on this server; close some", code="TooManyRequests", http_status=429
        )
    woken = changes.open()
    try:
        names, position = changes.since(position)
        yield _event(
            "reset" if names is None else "change", position, _visible(platform, session, facts, names)
        )
        while not changes.closed:
            try:
                # Not wait_for: before Python 3.12 it swallows a cancellation that meets a change, and the
                # stream of a page that has gone would never end.
                async with asyncio.timeout(BEAT_S):
                    await woken.wait()
            except TimeoutError:
                yield b":\n\n"
            woken.clear()
            if changes.closed:
                return
            if not sessions.still(session):
                yield _event("end", position, [])
                return
            names, position = changes.since(position)
            visible = _visible(platform, session, facts, names)
            if names is None or visible:
                yield _event("reset" if names is None else "change", position, visible)
                await asyncio.sleep(GATHER_S)
    finally:
        changes.leave(woken)


def _visible(
    platform: Platform, session: Session, facts: RequestFacts, names: list[Name] | None
) -> list[Name]:
    return [name for name in names or () if _may_see(platform, session, facts, *name)]


def _may_see(platform: Platform, session: Session, facts: RequestFacts, kind: str, name: str) -> bool:
    settings = platform.settings
    return any(
        may(
            session.caller,
            platform.records,
            f"sagemaker:{action}",
            resource,
            facts=facts,
            now=platform.now(),
            region=settings.region,
            tags_of=platform.resource_tags.of,
        )
        for action, resource in _ways_to_see(platform, kind, name)
    )


def _ways_to_see(platform: Platform, kind: str, name: str) -> list[tuple[str, str]]:
    """Returns (action, resource) of each right that is enough to hear of a change."""
    if (kind, name) == LINEAGE:
        return [(action, "*") for action in ("QueryLineage", "ListAssociations", "ListArtifacts")]
    noun = shown_noun(kind)
    arn = sagemaker_arn(platform.settings.region, platform.settings.account, kind, name)
    return [(f"List{noun}s", "*"), (f"Describe{noun}", arn)]


def _event(kind: str, position: str, names: list[Name]) -> bytes:
    return b"event: %s\nid: %s\ndata: %s\n\n" % (kind.encode(), position.encode(), orjson.dumps(names))
