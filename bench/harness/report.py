"""Prints results as tables, for a terminal and for a Markdown page."""

from __future__ import annotations

import datetime
import os
import platform
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from bench.harness.results import CLARY

if TYPE_CHECKING:
    from bench.harness.results import Result, Row

LISTING_WIDTH = 1_000


def print_machine(console: Console) -> None:
    today = datetime.date.today().isoformat()
    console.print(f"{today}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")


def print_result(console: Console, result: Result) -> None:
    console.print(f"\n### {result.title}\n", markup=False)
    console.print(f"Load of the machine in the last minute: {os.getloadavg()[0]:.1f}\n")
    table = Table(box=box.MARKDOWN)
    for title in ("what", "who", "min", "median", "max", "unit", "Clary is better by"):
        table.add_column(title, justify="left" if title in ("what", "who", "unit") else "right")
    for row in sorted(result.rows, key=lambda row: [other.what for other in result.rows].index(row.what)):
        table.add_row(row.what, row.who, *_spread(row), row.unit, _ratio(result, row))
    console.print(table)
    if result.budgets:
        console.print()
        table = Table(box=box.MARKDOWN)
        for title in ("budget", "measured", "holds"):
            table.add_column(title)
        for budget in result.budgets:
            table.add_row(budget.promise, budget.measured, "yes" if budget.holds else "NO")
        console.print(table)
    for listing in result.listings:
        console.print(f"\n#### {listing.title}\n", markup=False)
        table = Table(*listing.headings, box=box.MARKDOWN)
        for texts in listing.rows:
            table.add_row(*texts)
        _print_whole(console, table)
    if result.notes:
        console.print()
    for note in result.notes:
        console.print(f"- {note}", markup=False, highlight=False)


def _print_whole(console: Console, table: Table) -> None:
    """Prints a table. In a file each row is one line, as Markdown requires; on a terminal, cells wrap."""
    wide = console if console.is_terminal else Console(file=console.file, width=LISTING_WIDTH)
    wide.print(table)


def _spread(row: Row) -> tuple[str, str, str]:
    return _number(min(row.values)), _number(row.median), _number(max(row.values))


def _ratio(result: Result, row: Row) -> str:
    if row.who == CLARY:
        return ""
    ratio = result.clary_over(row)
    return "" if ratio is None else f"{ratio:.2f} x" if ratio < 10 else f"{ratio:.0f} x"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
