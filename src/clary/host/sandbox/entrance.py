"""The way into a sandbox: what to start, so that a command runs inside a view.

The program that makes the sandbox runs outside it with our rights. So nothing that a user gave reaches it
by its environment, where ``LD_PRELOAD`` would name code for it to load: it starts with an empty one. What
the user's process finds travels through a file in memory, which also shows no value in a list of processes.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .bubblewrap import bubblewrap_argv, bubblewrap_options, bubblewrap_shield
from .filter import filter_program
from .memory_file import memory_file
from .programs import program
from .unshare import inner_words, unshare_argv
from .view import SandboxKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .view import View


@dataclass(frozen=True, slots=True)
class Entrance:
    """argv: what goes before the command. descriptors: those that it inherits. Its environment is empty.

    before_exec: called in the new process before it becomes ``argv``, as Popen's ``preexec_fn``.
    """

    argv: tuple[str, ...]
    descriptors: tuple[int, ...]
    before_exec: Callable[[], None] | None = None


@contextmanager
def entered(kind: SandboxKind, view: View, variables: Mapping[str, str]) -> Iterator[Entrance]:
    """The entrance to ``view``, open inside the ``with``: start the command there. Not for NONE.

    variables: the whole environment of the command. Raises FileNotFoundError when bubblewrap is missing, and
    ValueError for a NUL character.
    """
    check_for_nul(view, variables)
    before_exec = None
    with ExitStack() as open_files:

        def keep(name: str, content: bytes) -> int:
            descriptors.append(open_files.enter_context(memory_file(name, content)))
            return descriptors[-1]

        descriptors: list[int] = []
        if kind is SandboxKind.BUBBLEWRAP:
            bwrap = program("bwrap")
            seccomp = keep("seccomp", filter_program())
            options = bubblewrap_options(view, variables, seccomp=seccomp)
            words = b"".join(os.fsencode(option) + b"\0" for option in options)
            argv = bubblewrap_argv(bwrap, options=keep("options", words))
            before_exec = bubblewrap_shield(view)
        else:
            argv = unshare_argv(words=keep("view", inner_words(view, variables)))
        yield Entrance(tuple(argv), tuple(descriptors), before_exec)


def check_for_nul(view: View, variables: Mapping[str, str]) -> None:
    """Raises ValueError: to bubblewrap, what follows a NUL would be an option of its own."""
    for text in (*variables, *variables.values(), *(mount.target for mount in view.mounts)):
        if "\0" in text:
            raise ValueError(f"{text!r} has a NUL character in it")
