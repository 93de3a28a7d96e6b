"""Notifies writers in a forked child process."""

from __future__ import annotations

import os
import weakref
from typing import Any

_writers: weakref.WeakSet[Any] = weakref.WeakSet()


def register(writer: Any) -> None:
    """Calls ``writer.after_fork_in_child()`` in every forked child while the writer exists."""
    _writers.add(writer)


def _in_child() -> None:
    for writer in list(_writers):
        writer.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
