"""What a script may add by hand, and where hooks announce themselves. Imports nothing of the rest."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost every start 3 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_hooks: list[Any] = []


def announce(hook: Any) -> None:
    """Makes a hook the one that scripts talk to; the last one wins."""
    _hooks.append(hook)


def withdraw(hook: Any) -> None:
    if hook in _hooks:
        _hooks.remove(hook)


def get_hook() -> Any | None:
    """The hook of this process, with ``save_scalar`` and ``save_tensor``; None where nothing is captured."""
    return _hooks[-1] if _hooks else None


def save_scalar(name: str, value: Any, sm_metric: bool = False) -> None:
    """Saves one number with the current step, as ``scalar/<name>``, whatever the configuration says.

    sm_metric: also as a metric of the job.
    """
    hook = get_hook()
    if hook is not None:
        hook.save_scalar(name, value, sm_metric=sm_metric)


def save_tensor(name: str, value: Any, collections: str | Sequence[str] = "default") -> None:
    """Saves a tensor of any framework, as it is now, with the current step if that one is saved."""
    hook = get_hook()
    if hook is not None:
        hook.save_tensor(name, value, collections)
