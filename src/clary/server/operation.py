"""Runs the function of an operation in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context
    from clary.store.database import Database

READS = ("BatchGet", "Describe", "Filter", "Get", "Head", "List", "Query", "Search", "Simulate")
"""The first words of the names of operations that change nothing a caller can see."""


def run_operation(
    database: Database,
    operation: str,
    function: Callable[[Context, dict[str, Any]], dict[str, Any] | None],
    context: Context,
    params: dict[str, Any],
) -> dict[str, Any]:
    """Returns the function's result. Everything it wrote is committed by then, or nothing when it raises.

    A read opens no transaction. It may bring an index up to date, which is committed at once: other writers
    must not wait until the read has ended.
    """
    if operation.startswith(READS):
        return function(context, params) or {}
    with database.transaction():
        return function(context, params) or {}
