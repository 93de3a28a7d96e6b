"""The attribute index: every searchable record as rows of (path, string, number), indexed both ways.

What lies in the document is written with the document, in its transaction. What lies elsewhere (tags,
parents, metrics) only marks the record as stale, which costs microseconds; the next search refreshes
it first.

The tables keep the names of their first migration (``facets``, ``facet_paths``, ``stale_facets``): SQLite
cannot rename an index, and to build those of a large home again would take long.
"""

from .expression import Every, Expression, Nested, Not, Operator, Some, Where
from .index import AttributeIndex
from .paths import paths_like
from .search import FoundRecord, Query, SearchPage, search
from .table import AttributeTable

__all__ = [
    "AttributeIndex",
    "AttributeTable",
    "Every",
    "Expression",
    "FoundRecord",
    "Nested",
    "Not",
    "Operator",
    "Query",
    "SearchPage",
    "Some",
    "Where",
    "paths_like",
    "search",
]
