"""Decides what is read ahead of a reader that goes through a file.

A file that is read here and there gets nothing ahead. As soon as a second segment follows a first one, twice
as much is asked for each time, up to a bound that all readers share.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_AHEAD = 64
"""Segments, of all readers together."""
_MOST_STREAMS = 4
"""Of one open file: threads may read it at several places."""


@dataclass(slots=True)
class _SequentialRead:
    """last: the segment that was read last. asked: the first one that was not asked for yet."""

    last: int
    asked: int
    ahead: int = 0


class Streams:
    """The readers of one open file."""

    def __init__(self) -> None:
        self._streams: list[_SequentialRead] = []

    @property
    def is_sequential(self) -> bool:
        return any(stream.ahead for stream in self._streams)

    def ahead(self, first: int, last: int, count: int, share: int) -> range:
        """Returns the segments to ask for beyond those that are read now, ``first`` to ``last``.

        count: how many the file has. share: the most that this file may have ahead.
        """
        stream = self._of(first)
        if stream is None:
            self._streams = [*self._streams[1 - _MOST_STREAMS :], _SequentialRead(last, last + 1)]
            return range(0)
        if last <= stream.last:
            return range(0)
        stream.last = last
        if stream.asked - (last + 1) > stream.ahead // 2:
            return range(0)  # asked for one by one, they would be as many requests
        stream.ahead = max(1, min(stream.ahead * 2 or 2, share))
        begin = max(stream.asked, last + 1)
        stream.asked = max(begin, min(last + 1 + stream.ahead, count))
        return range(begin, stream.asked)

    def _of(self, first: int) -> _SequentialRead | None:
        # The kernel may ask for what follows before what precedes it.
        for stream in self._streams:
            if stream.last - 1 <= first <= stream.asked:
                return stream
        return None
