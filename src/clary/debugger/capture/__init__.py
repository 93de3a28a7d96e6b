"""Takes the tensors of a training, in the user's process, with no change to the script.

    boot       installs an import hook; nothing else happens until a framework is imported
    plan       debughookconfig.json, compiled: what is saved at which step, decided before any data is touched
    recorder   steps, modes, what was taken in this step; hands it to the writer
    frameworks pytorch, xgboost, mxnet, keras: where tensors appear

Runs inside other people's Python: 3.8 syntax, the standard library and numpy; the framework is the one that
the script imported. Nothing here raises into a training: what goes wrong is counted and said once at the end.

In a script, where one wants to add to what is captured by itself:

    from clary.debugger.capture import save_scalar, save_tensor

    save_scalar("learning_rate", 0.1)                       # appears as scalar/learning_rate
    save_tensor("attention", weights, collections="mine")   # at the steps that are saved

Both do nothing where no hook is active, so that the script runs anywhere.
"""

from __future__ import annotations

from .manual import get_hook, save_scalar, save_tensor

__all__ = ["get_hook", "save_scalar", "save_tensor"]
