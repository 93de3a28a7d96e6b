"""Tells writers that they woke up in a forked child."""

from __future__ import annotations

import os
import weakref
from typing import Any

_writers: weakref.WeakSet[Any] = weakref.WeakSet()


def watch(writer: Any) -> None:
    """Calls ``writer.after_fork_in_child()`` in every child, as long as the writer lives."""
    _writers.add(writer)


def _in_child() -> None:
    for writer in list(_writers):
        writer.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
