"""Log groups, their streams, and the events in them.

An event can be read once its batch is committed.
"""

from .events import END, START, EventPosition, LogEvent
from .lines import StoredLine
from .search import EventPage, Search, StreamEvent
from .store import LogStore
from .streams import LogGroup, LogStream

__all__ = [
    "END",
    "START",
    "EventPage",
    "EventPosition",
    "LogEvent",
    "LogGroup",
    "LogStore",
    "LogStream",
    "Search",
    "StoredLine",
    "StreamEvent",
]
