"""Tables that fit the terminal: columns where it is wide enough, otherwise one block for each row."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from clary.cli.console import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

STYLES = {
    "Completed": "green",
    "Failed": "red",
    "Stopped": "yellow",
    "InProgress": "cyan",
    "InService": "green",
}
"""Colours of cells that begin with a status."""

MOST_NAMED = 4
"""The number of left-out columns that the note below a table names."""

LONGEST_CELL = 48
"""Characters. A hyperparameter may be a prompt or a list of files."""

GAP = 2
"""Spaces between two columns."""

PIPE_WIDTH = 1000
"""The width of a table in a pipe: wide, so that names are not broken and can be copied."""


def print_rows(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    grouped: bool = False,
    heading: int = 0,
    may_leave_out: Sequence[str] = (),
    console: Console | None = None,
) -> None:
    """Prints rows as a table or as blocks. Only long cells are shortened; no cell is broken over lines.

    grouped: a table leaves out a first cell that repeats the one above.
    heading: the column that names a row; its cells are never shortened.
    may_leave_out: titles of columns that are left out, in this order, until the table fits. A note below the
    table names them.
    """
    from rich.text import Text

    console = console or data_console()
    names = {0, heading} if grouped else {heading}
    short = [
        [printable(cell if column in names else _shortened(cell)) for column, cell in enumerate(row)]
        for row in rows
    ]
    left_out = _too_many([titles, *short], may_leave_out, console.width)
    if left_out is not None:
        kept = [column for column, title in enumerate(titles) if title not in left_out]
        fitting = [[row[column] for column in kept] for row in short]
        console.print(_table([titles[column] for column in kept], fitting, grouped=grouped))
        if left_out:
            console.print(Text(_not_shown(left_out), style="dim"))
        return
    _print_blocks(console, titles, short, heading)


def print_fields(heading: str, fields: Sequence[tuple[str, str]]) -> None:
    """Prints titled texts below a heading. Sentences are wrapped; names and locations are not.

    Empty texts are left out, and titles that repeat the one above.
    """
    from rich.padding import Padding
    from rich.table import Table as Grid
    from rich.text import Text

    console = data_console()
    told = [(title, printable(text)) for title, text in fields if text]
    indent = 2 + max(len(title) for title, _ in told) + GAP
    console.print(Text(heading, style="bold"), soft_wrap=True)
    before = ""
    for title, text in told:
        first = Text.assemble(("" if title == before else f"  {title}".ljust(indent), "dim"))
        before = title
        style = _style(text)
        if " " not in text or not console.is_terminal:
            # The terminal wraps a single word by itself; a user can then copy it without line breaks.
            console.print(Text.assemble(first.plain.ljust(indent), (text, style)), soft_wrap=True)
            continue
        grid = Grid(box=None, show_header=False, pad_edge=False, padding=0)
        grid.add_column(width=indent, no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(first, Text(text, style))
        console.print(Padding(grid, expand=False))


def _not_shown(titles: Sequence[str]) -> str:
    some = ", ".join(titles[:MOST_NAMED]) + (", ..." if len(titles) > MOST_NAMED else "")
    return f"(not shown: {some}; a wider terminal or --json shows all)"


def spelled(value: object) -> str:
    """Returns a parameter or metric as text; floats with six digits."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def data_console() -> Console:
    """Returns a console for standard output that prints data: no markup, emoji codes or highlighting."""
    from rich.console import Console as RichConsole

    return RichConsole(
        width=None if sys.stdout.isatty() else PIPE_WIDTH, markup=False, emoji=False, highlight=False
    )


def _too_many(rows: Sequence[Sequence[str]], may_leave_out: Sequence[str], width: int) -> list[str] | None:
    """Returns titles of columns to leave out so that the table fits; None when it can't fit.

    rows: the titles first.
    """

    def fits(left_out: Sequence[str]) -> bool:
        kept = [column for column, title in enumerate(rows[0]) if title not in left_out]
        return _width([[row[column] for column in kept] for row in rows]) <= width

    count = next((n for n in range(len(may_leave_out) + 1) if fits(may_leave_out[:n])), None)
    if count is None:
        return None
    left_out = list(may_leave_out[:count])
    # After a wide column was left out, narrow ones may fit again; they come back in reverse order.
    for title in reversed(may_leave_out[:count]):
        without = [each for each in left_out if each != title]
        if fits(without):
            left_out = without
    return left_out


def _style(cell: str) -> str:
    """Returns the style of a cell that begins with a status, as ``InProgress (Training)``; else empty."""
    return STYLES.get(re.split(r" \(| after ", cell)[0], "")


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Returns how many columns of the terminal a table needs with every cell on one line."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return sum(widths) + GAP * (len(widths) - 1)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, grouped: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    for title in titles:
        table.add_column(Text(title), no_wrap=True)
    before = None
    for row in rows:
        first = "" if grouped and row[0] == before else row[0]
        before = row[0]
        table.add_row(*(Text(cell, style=_style(cell)) for cell in (first, *row[1:])))
    return table


def _print_blocks(
    console: Console, titles: Sequence[str], rows: Sequence[Sequence[str]], heading: int
) -> None:
    from rich.text import Text

    width = max(len(title) for title in titles)
    for number, row in enumerate(rows):
        if number:
            console.print()
        console.print(Text(row[heading], style="bold"), soft_wrap=True)
        for column, (title, cell) in enumerate(zip(titles, row, strict=True)):
            if cell and column != heading:
                told = Text.assemble((f"  {title:{width}}  ", "dim"), (cell, _style(cell)))
                console.print(told, soft_wrap=True)


def _shortened(cell: str) -> str:
    one_line = " ".join(cell.split()) if "\n" in cell else cell
    return one_line if len(one_line) <= LONGEST_CELL else f"{one_line[: LONGEST_CELL - 3]}..."
