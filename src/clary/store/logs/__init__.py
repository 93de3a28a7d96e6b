"""Log groups, their streams, and the lines in them.

A line is readable from the moment its batch is committed: nothing is held back.
"""

from .events import END, START, EventPosition, LogEvent
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
    "StreamEvent",
]
