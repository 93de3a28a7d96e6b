"""Runs the function of an operation: what it writes is one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context
    from clary.store.database import Database

READS = ("BatchGet", "Describe", "Filter", "Get", "Head", "List", "Query", "Search", "Simulate")
"""How AWS begins the names of operations that change nothing a caller can see."""


def run_operation(
    database: Database,
    operation: str,
    function: Callable[[Context, dict[str, Any]], dict[str, Any] | None],
    context: Context,
    params: dict[str, Any],
) -> dict[str, Any]:
    """The function's answer; everything it wrote is committed by then, or nothing when it raises.

    A read is no transaction: what it writes on its way (an index brought up to date) is nobody's business
    but its own, and the writer's turn must not be held while it goes on reading.
    """
    if operation.startswith(READS):
        return function(context, params) or {}
    with database.transaction():
        return function(context, params) or {}
