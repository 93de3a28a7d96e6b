"""Log groups, their streams, and the lines in them.

A line is readable from the moment its batch is committed: nothing is held back.
"""

from .events import END, START, LogEvent, Place
from .search import Found, Hit, Search
from .store import LogStore
from .streams import LogGroup, LogStream

__all__ = ["END", "START", "Found", "Hit", "LogEvent", "LogGroup", "LogStore", "LogStream", "Place", "Search"]
