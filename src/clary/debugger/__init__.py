"""The debugger: saves tensors of a training, reads them back, and finds problems in them.

In the user's process, ``capture`` hooks into the framework and ``tensors`` writes the files. Elsewhere,
``trial`` reads the files, ``rules`` evaluates rules on them, and ``plot`` draws the network.

This file imports the packages only when a name is used: a training process must not spend time on imports
that only a reader needs.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the import of typing would add 3 ms to every start
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
