"""The functions that a script may call, and the list of active hooks. Imports nothing of the package."""

from __future__ import annotations

TYPE_CHECKING = False  # the import of typing would add 3 ms to every start
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_hooks: list[Any] = []


def register(hook: Any) -> None:
    """Makes a hook the one that ``get_hook`` returns."""
    _hooks.append(hook)


def unregister(hook: Any) -> None:
    """Removes a hook. Does nothing for a hook that is not registered."""
    if hook in _hooks:
        _hooks.remove(hook)


def get_hook() -> Any | None:
    """The last registered hook, with ``save_scalar`` and ``save_tensor``; None when nothing is captured."""
    return _hooks[-1] if _hooks else None


def save_scalar(name: str, value: Any, sm_metric: bool = False) -> None:
    """Saves one number as ``scalar/<name>`` with the current step, even if the step is not due.

    sm_metric: also make it a metric of the job.
    """
    hook = get_hook()
    if hook is not None:
        hook.save_scalar(name, value, sm_metric=sm_metric)


def save_tensor(name: str, value: Any, collections: str | Sequence[str] = "default") -> None:
    """Saves the present value of a tensor of any framework, if the current step is saved."""
    hook = get_hook()
    if hook is not None:
        hook.save_tensor(name, value, collections)
