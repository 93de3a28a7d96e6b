"""Notifies hooks and writers in a forked child process."""

from __future__ import annotations

import os
import weakref
from typing import Any

_registered: weakref.WeakSet[Any] = weakref.WeakSet()


def register(target: Any) -> None:
    """Calls ``target.after_fork_in_child()`` in every forked child while the target exists."""
    _registered.add(target)


def _in_child() -> None:
    for target in list(_registered):
        target.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
