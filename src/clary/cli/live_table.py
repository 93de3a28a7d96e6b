"""A table that is drawn anew while a job that makes jobs runs; without a terminal, lines instead."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType

Followed = TypeVar("Followed")
Show = Any
"""Called with each state: what ``follow`` looks at, in its own form."""


def follow_live(
    follow: Callable[[Show], Followed], screen: Callable[..., RenderableType], lines: Show
) -> Followed:
    """Returns what ``follow`` does, which is called with what shows a state: a screen, or ``lines``."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        return follow(lines)
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:
        return follow(lambda *state: live.update(screen(*state), refresh=True))


def table_screen(titles: Sequence[str], rows: Sequence[Sequence[str]], progress: str) -> RenderableType:
    """A table, with a line about the whole below. The row whose name ends with a star is the best one."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for title in titles:
        table.add_column(Text(title), no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*map(Text, row), style="green" if row[0].endswith("*") else "")
    return Group(*([table] if rows else []), Text(progress, style="dim"))
