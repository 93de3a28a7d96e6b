"""The log store: log groups, streams and events, in transactions."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from clary.domain.errors import Conflict

from . import streams as rows
from .events import END, START, EventPosition, LogEvent, append_events, event_bytes, remove_older, scan
from .lines import StoredLine, lines_from
from .search import EventPage, Search, search

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from clary.store.database import Database

    from .streams import LogGroup, LogStream

PAGE_BYTES = 1_048_576
"""The largest page of events; a page has at least one event."""


class LogStore:
    """Log groups, streams and events. Safe to use from any thread. Every call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_group(
        self, name: str, now: float, *, attributes: Mapping[str, Any] | None = None, exist_ok: bool = False
    ) -> None:
        """Creates a group. Raises Conflict when it exists, unless ``exist_ok``."""
        with self._database.write() as connection:
            if not (exist_ok and rows.has_group(connection, name)):
                rows.insert_group(connection, name, attributes or {}, now)

    def group(self, name: str) -> LogGroup:
        """Returns a group without its size (0). Raises NotFound."""
        with self._database.read() as connection:
            return rows.find_group(connection, name)

    def update_group(self, name: str, changes: Mapping[str, Any]) -> None:
        """Merges ``changes`` into the attributes of a group; None removes one. Raises NotFound."""
        with self._database.write() as connection:
            rows.update_group(connection, name, changes)

    def delete_group(self, name: str) -> None:
        """Deletes a group with its streams and events. Raises NotFound."""
        with self._database.write() as connection:
            rows.remove_group(connection, name)

    def groups(
        self,
        *,
        prefix: str = "",
        contains: str = "",
        names: Sequence[str] | None = None,
        log_class: str = "",
        after: str = "",
        limit: int = 50,
    ) -> list[LogGroup]:
        """Returns groups by name, after the name ``after``; ``contains`` ignores case."""
        with self._database.read() as connection:
            return rows.list_groups(
                connection,
                prefix=prefix,
                contains=contains,
                names=names,
                log_class=log_class,
                after=after,
                limit=limit,
            )

    def create_stream(self, group: str, name: str, now: float, *, exist_ok: bool = False) -> None:
        """Creates a stream. Raises NotFound without a group; Conflict when it exists, unless ``exist_ok``."""
        with self._database.write() as connection:
            if not (exist_ok and rows.has_stream(connection, group, name)):
                rows.insert_stream(connection, group, name, now)

    def delete_stream(self, group: str, name: str) -> None:
        """Deletes a stream with its events. Raises NotFound."""
        with self._database.write() as connection:
            rows.remove_stream(connection, group, name)

    def stream(self, group: str, name: str) -> LogStream:
        with self._database.read() as connection:
            return rows.find_stream(connection, group, name)

    def streams(
        self,
        group: str,
        *,
        prefix: str = "",
        by_time: bool = False,
        descending: bool = False,
        after: tuple[int, str] | None = None,
        limit: int = 50,
    ) -> list[LogStream]:
        """Returns streams after ``after``, by name or by (time of the last event, name). Raises NotFound."""
        with self._database.read() as connection:
            return rows.list_streams(
                connection,
                group,
                prefix=prefix,
                by_time=by_time,
                descending=descending,
                after=after,
                limit=limit,
            )

    def append(
        self,
        group: str,
        stream: str,
        events: Sequence[tuple[int, str]],
        now: float,
        *,
        expected_position: int | None = None,
        steady: bool = False,
    ) -> int:
        """Appends (at_ms, message) pairs. Returns how many events the stream has accepted in all.

        expected_position: how many events were accepted before, as the sender knows. When that is wrong,
        nothing is written and Conflict is raised with ``expectedSequenceToken``:
        DataAlreadyAcceptedException for a batch that may have arrived, InvalidSequenceTokenException for
        a gap.

        steady: times are raised to that of the event before, so that the order stays when the clock of the
        sender steps back. Raises NotFound.
        """
        with self._database.write() as connection:
            found = rows.find_stream(connection, group, stream)
            if expected_position is not None and expected_position != found.event_count:
                raise _wrong_position(expected_position, found.event_count)
            if not events:
                return found.event_count
            if steady:
                raised = list(accumulate((at for at, _ in events), max, initial=found.last_event_ms))
                events = [(at, message) for at, (_, message) in zip(raised[1:], events, strict=True)]
            return append_events(connection, found, events, int(now * 1_000))

    def read(
        self,
        group: str,
        stream: str,
        *,
        after: EventPosition = START,
        before: EventPosition = END,
        backwards: bool = False,
        limit: int = 10_000,
        max_bytes: int = PAGE_BYTES,
    ) -> list[LogEvent]:
        """Returns a page of the events strictly between two positions, oldest first. Raises NotFound.

        The page begins at ``after``, or with ``backwards`` ends at ``before``.
        """
        with self._database.read() as connection:
            found = rows.find_stream(connection, group, stream)
            page: list[LogEvent] = []
            size = 0
            for event in scan(
                connection, found.id, after=after, before=before, backwards=backwards, limit=limit
            ):
                size += event_bytes(event.message)
                if page and size > max_bytes:
                    break
                page.append(event)
        return page[::-1] if backwards else page

    def search(
        self, group: str, wanted: Search, *, names: Sequence[str] | None = None, prefix: str = ""
    ) -> EventPage:
        """Returns a page of matching events of many streams, by time. Raises NotFound."""
        with self._database.read() as connection:
            rows.find_group(connection, group)
            start_ms, end_ms = wanted.bounds()
            within = rows.streams_with_events(
                connection, group, names=names, prefix=prefix, start_ms=start_ms, end_ms=end_ms
            )
            return search(connection, within, wanted)

    @contextmanager
    def lines(
        self, group: str, names: Sequence[str], first: int
    ) -> Iterator[tuple[int, Iterator[StoredLine]]]:
        """Yields (number of all lines, lines from the number ``first`` on) of streams, merged by time.

        The lines are read while the block runs. Raises NotFound.
        """
        with self._database.read() as connection:
            streams = [rows.find_stream(connection, group, name) for name in names]
            total = sum(stream.event_count for stream in streams)
            yield total, lines_from(connection, streams, first)

    def expire(self, now: float) -> None:
        """Removes expired events. Readers do not see them before either; this frees the space."""
        with self._database.write() as connection:
            for group in rows.list_groups(connection, limit=None):
                if group.keep_ms is not None:
                    remove_older(connection, group.name, int(now * 1_000) - group.keep_ms)


def _wrong_position(given: int, expected: int) -> Conflict:
    if given < expected:
        code = "DataAlreadyAcceptedException"
        message = "The given batch of log events has already been accepted. The next batch can be sent with"
    else:
        code = "InvalidSequenceTokenException"
        message = "The given sequenceToken is invalid. The next expected token is"
    return Conflict(
        f"{message} sequenceToken: {expected}", code=code, members={"expectedSequenceToken": str(expected)}
    )
