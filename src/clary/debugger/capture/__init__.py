"""Captures the tensors of a training in the user's process, without a change to the script.

    boot       installs an import hook; does nothing else until a framework is imported
    plan       debughookconfig.json, compiled: decides what to save at which step before any data is read
    recorder   counts steps and modes, collects the tensors of a step, and passes them to the writer
    pytorch, xgboost, mxnet, keras   find the tensors of each framework

This package runs inside the user's Python process: 3.8 syntax, the standard library and numpy; the framework
is the one that the script imported. It never raises an exception into a training: errors are counted, and
logged once at the end.

A script can save more than what is captured automatically:

    from clary.debugger.capture import save_scalar, save_tensor

    save_scalar("learning_rate", 0.1)                       # appears as scalar/learning_rate
    save_tensor("attention", weights, collections="mine")   # at the steps that are saved

Both do nothing where no hook is active, so that the script runs anywhere.
"""

from __future__ import annotations

from .manual import get_hook, save_scalar, save_tensor

__all__ = ["get_hook", "save_scalar", "save_tensor"]
