"""Messages, log lines, spinners and exit codes of the command.

A spinner or progress bar is shown only when standard output and standard error are both terminals. Otherwise
another program may write to the same screen: in ``clary train x.py | tee log`` it is ``tee``. While a spinner
is shown, all lines go through one rich Console, which removes the spinner, prints, and draws it again.
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
"""Exit code: Ctrl-C. The job that the command followed keeps running."""

_CONTROL = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links, the clipboard
    r"|\x1b[PX^_].*?(?:\x1b\\|$)"
    r"|\x1b\[[0-?]*[ -/]*[@-ln-~]"  # all but what ends in m, which is colour
    r"|\x1b(?!\[)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
)
"""Control sequences that are removed from log lines before a terminal gets them."""

_COLOUR = re.compile(r"\x1b\[[0-?]*[ -/]*m")

_active: list[Console] = []
"""The console of the spinner that is shown now, if any. A global, because a process has one terminal."""


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Prints a message on standard error and ends the command. Raises typer.Exit."""
    if _active:
        _above(_plain(f"clary: {message}", "red"))
    else:
        typer.secho(f"clary: {printable(message)}", err=True, fg=typer.colors.RED)
    raise typer.Exit(code)


def say(message: str) -> None:
    """Prints a message on standard error, which is not part of the command's data."""
    if _active:
        _above(_plain(message))
    else:
        typer.echo(printable(message), err=True)


def print_lines(lines: Iterable[str]) -> None:
    """Prints lines that a job wrote, on standard output.

    A terminal gets their colours and no other control sequence: some of them move the cursor or write to the
    clipboard. A file or pipe gets the lines unchanged.
    """
    if not sys.stdout.isatty():
        for line in lines:
            typer.echo(line, color=True)
        return
    from rich.console import Console
    from rich.text import Text

    text = Text("\n").join(_visible(line) for line in lines)
    if _active:
        _above(text)
    else:
        Console().print(text, soft_wrap=True)


@contextmanager
def spinner(message: str) -> Iterator[Callable[[str], None]]:
    """Shows a spinner and a message in the last line of the terminal; yields a setter of the message.

    Without a terminal, each message is printed once, cut at its first `` - ``: what follows is progress and
    would fill a log.
    """
    if not _is_interactive():
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
    """Shows rich's Progress below all printed lines, and removes it at the end; only in a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not _is_interactive():
        yield Progress(*columns, console=console, disable=True)
        return
    with Progress(*columns, console=console, transient=True) as shown:
        _active.append(console)
        try:
            yield shown
        finally:
            _active.pop()


def _is_interactive() -> bool:
    return not _active and sys.stdout.isatty() and sys.stderr.isatty()


def _above(text: Text) -> None:
    _active[-1].print(text, soft_wrap=True)


def printable(text: str) -> str:
    """Removes control sequences and colours from a text that a job may have written."""
    return _COLOUR.sub("", _CONTROL.sub("", text))


def _plain(message: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(printable(message), style)


def _visible(line: str) -> Text:
    from rich.text import Text

    return Text.from_ansi(_CONTROL.sub("", line))
