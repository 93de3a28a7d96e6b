"""Searches the events of many streams, merged by time.

A group of ten thousand jobs has ten thousand streams. A stream is opened only when the merge reaches the
time of its first event, so the cost depends on the page and not on the number of streams.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .events import EventPosition, LogEvent, event_bytes, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.engine import Connection

    from .streams import LogStream

SCANNED_PER_PAGE = 100_000
"""Events read for one page. A rare pattern gives short or empty pages with a token."""


class StreamEvent(NamedTuple):
    """An event and its stream."""

    stream_id: int
    stream: str
    event: LogEvent

    @property
    def key(self) -> tuple[int, int, int]:
        return (self.event.at_ms, self.stream_id, self.event.position)


@dataclass(frozen=True, slots=True)
class Search:
    """What to search: start_ms <= time < end_ms. after: the key of the last event already read."""

    matches: Callable[[str], bool]
    start_ms: int
    end_ms: int
    after: tuple[int, int, int] | None
    backwards: bool
    limit: int
    max_bytes: int

    def bounds(self) -> tuple[int, int]:
        """Returns the range of times still to read."""
        if self.after is None:
            return self.start_ms, self.end_ms
        at_ms = self.after[0]
        if self.backwards:
            return self.start_ms, min(self.end_ms, at_ms + 1)
        return max(self.start_ms, at_ms), self.end_ms


@dataclass(frozen=True, slots=True)
class EventPage:
    """resume: the key of the last event read, after which the next page begins; None at the end."""

    events: list[StreamEvent]
    resume: tuple[int, int, int] | None


def search(connection: Connection, streams: Iterable[LogStream], wanted: Search) -> EventPage:
    """Returns the first events that match, by (time, stream, arrival)."""
    events: list[StreamEvent] = []
    size = 0
    looked_at = wanted.after
    for number, hit in enumerate(_merge(connection, streams, wanted)):
        if number >= SCANNED_PER_PAGE or len(events) >= wanted.limit:
            return EventPage(events, looked_at)
        if wanted.matches(hit.event.message):
            size += event_bytes(hit.event.message)
            if events and size > wanted.max_bytes:
                return EventPage(events, looked_at)
            events.append(hit)
        looked_at = hit.key
    return EventPage(events, None)


def _merge(connection: Connection, streams: Iterable[LogStream], wanted: Search) -> Iterator[StreamEvent]:
    sign = -1 if wanted.backwards else 1
    # (time, stream, position): a stream that is not open yet has the time in its row.
    heap: list[tuple[int, int, int, LogStream, LogEvent | None]] = []
    for stream in streams:
        bound = stream.last_event_ms if wanted.backwards else stream.first_event_ms
        heap.append((sign * bound, sign * stream.id, -(2**62), stream, None))
    heapq.heapify(heap)
    sources: dict[int, Iterator[LogEvent]] = {}
    while heap:
        *_, stream, event = heap[0]
        if event is None:
            sources[stream.id] = _scan_in_pieces(connection, stream.id, wanted)
        else:
            yield StreamEvent(stream.id, stream.name, event)
        following = next(sources[stream.id], None)
        if following is None:
            heapq.heappop(heap)
            del sources[stream.id]
        else:
            at, position = sign * following.at_ms, sign * following.position
            heapq.heapreplace(heap, (at, sign * stream.id, position, stream, following))


def _scan_in_pieces(connection: Connection, stream_id: int, wanted: Search) -> Iterator[LogEvent]:
    """Yields the events of a stream, nearest first, by growing queries: most streams give only a few."""
    after, before = _edges(stream_id, wanted)
    piece = 64
    while True:
        count = 0
        for event in scan(
            connection, stream_id, after=after, before=before, backwards=wanted.backwards, limit=piece
        ):
            count += 1
            yield event
        if count < piece:
            return
        if wanted.backwards:
            before = EventPosition(event.at_ms, event.position)
        else:
            after = EventPosition(event.at_ms, event.position)
        piece = min(piece * 4, 4_096)


def _edges(stream_id: int, wanted: Search) -> tuple[EventPosition, EventPosition]:
    after, before = EventPosition(wanted.start_ms, 0), EventPosition(wanted.end_ms, 0)
    if wanted.after is None:
        return after, before
    at_ms, last_stream, position = wanted.after
    # In the last millisecond of the page before, the streams before its last stream are done.
    if wanted.backwards:
        rest = position if stream_id == last_stream else (0 if stream_id > last_stream else 2**62)
        return after, min(before, EventPosition(at_ms, rest))
    rest = position if stream_id == last_stream else (2**62 if stream_id < last_stream else 0)
    return max(after, EventPosition(at_ms, rest)), before
