"""Sees inside a training: captures tensors, keeps them in files, reads them back, and says what is wrong.

``tensors`` writes the files and ``capture`` feeds it, both in the user's process; ``trial`` reads them, and
``rules`` judges; ``plot`` draws. Nothing is imported here: a process that trains must not wait for what a
reader needs.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost every start 3 ms
if TYPE_CHECKING:
    from typing import Any

    from .plot import tensor_plot
    from .trial import Trial, open_trial

__all__ = ["Trial", "open_trial", "tensor_plot"]


def __getattr__(name: str) -> Any:
    if name == "tensor_plot":
        from .plot import tensor_plot

        return tensor_plot
    if name in __all__:
        from . import trial

        return getattr(trial, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
