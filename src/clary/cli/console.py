"""What the command says, what turns below it, and how the command gives up.

Something turns only where standard output and standard error are both terminals. Elsewhere another
program may write to the same screen: in ``clary train x.py | tee log`` it is ``tee``. While something
turns, all lines go through one rich Console, which removes the turning line, prints, and draws it again.
"""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.console import Console
    from rich.progress import Progress, ProgressColumn
    from rich.text import Text

FAILED = 1
"""Exit code: the job failed, or what was asked for could not be done. (2 is typer's: wrong usage.)"""

STOPPED = 3
"""Exit code: the job was stopped before its end, by a person, a rule or MaxRuntimeInSeconds."""

INTERRUPTED = 130
"""Exit code: Ctrl-C. A job that was followed goes on."""

_CONTROL = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links, the clipboard
    r"|\x1b[PX^_].*?(?:\x1b\\|$)"
    r"|\x1b\[[0-?]*[ -/]*[@-ln-~]"  # all but what ends in m, which is colour
    r"|\x1b(?!\[)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
)
"""What a line of a log may not do to a terminal."""

_COLOUR = re.compile(r"\x1b\[[0-?]*[ -/]*m")

_turning: list[Console] = []
"""The console of what turns now, if anything does. A process has one terminal, so this is of the process."""


def fail(message: str, code: int = FAILED) -> NoReturn:
    if _turning:
        _above(_plain(f"clary: {message}", "red"))
    else:
        typer.secho(f"clary: {harmless(message)}", err=True, fg=typer.colors.RED)
    raise typer.Exit(code)


def say(message: str) -> None:
    """Prints a message for a reader, on standard error."""
    if _turning:
        _above(_plain(message))
    else:
        typer.echo(harmless(message), err=True)


def print_lines(lines: Iterable[str]) -> None:
    """Prints lines that a job wrote, on standard output.

    A terminal gets their colours and no other control sequence: a log may hold ones that move the cursor
    or write to the clipboard. A file or pipe gets the lines as they are.
    """
    if not sys.stdout.isatty():
        for line in lines:
            typer.echo(line, color=True)
        return
    from rich.console import Console
    from rich.text import Text

    text = Text("\n").join(_visible(line) for line in lines)
    if _turning:
        _above(text)
    else:
        Console().print(text, soft_wrap=True)


@contextmanager
def turning(message: str) -> Iterator[Callable[[str], None]]:
    """Shows a spinner and a message in the last line of the terminal; yields what changes the message.

    Where nothing can turn, each message is said once, without what follows its first `` - ``: details of
    progress would fill a log.
    """
    if not _can_turn():
        last = ""

        def tell(message: str) -> None:
            nonlocal last
            head = message.partition(" - ")[0]
            if head != last:
                say(head)
            last = head

        tell(message)
        yield tell
        return
    from rich.progress import SpinnerColumn, TextColumn
    from rich.table import Column

    one_line = Column(no_wrap=True, overflow="ellipsis")
    with progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False, table_column=one_line)
    ) as bar:
        task = bar.add_task(message, total=None)
        yield lambda message: bar.update(task, description=message)


@contextmanager
def progress(*columns: ProgressColumn | str) -> Iterator[Progress]:
    """rich's Progress below all that is said meanwhile; gone when it ends, absent where nothing can turn."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not _can_turn():
        yield Progress(*columns, console=console, disable=True)
        return
    with Progress(*columns, console=console, transient=True) as shown:
        _turning.append(console)
        try:
            yield shown
        finally:
            _turning.pop()


def _can_turn() -> bool:
    return not _turning and sys.stdout.isatty() and sys.stderr.isatty()


def _above(text: Text) -> None:
    _turning[-1].print(text, soft_wrap=True)


def harmless(text: str) -> str:
    """A text without control sequences and colours; what a job wrote may hold any."""
    return _COLOUR.sub("", _CONTROL.sub("", text))


def _plain(message: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(harmless(message), style)


def _visible(line: str) -> Text:
    from rich.text import Text

    return Text.from_ansi(_CONTROL.sub("", line))
