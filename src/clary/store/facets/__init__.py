"""Facets: every searchable record flattened into (path, string, number) rows with an index each way.

What lies in the document is written with the document, in its transaction. What lies elsewhere (tags,
parents, metrics) only marks the record there, which costs microseconds; the next search catches up first.
"""

from .expression import Every, Expression, Nested, Not, Operator, Some, Where
from .index import Facets
from .search import Found, Hit, Query, search
from .suggest import paths_like

__all__ = [
    "Every",
    "Expression",
    "Facets",
    "Found",
    "Hit",
    "Nested",
    "Not",
    "Operator",
    "Query",
    "Some",
    "Where",
    "paths_like",
    "search",
]
