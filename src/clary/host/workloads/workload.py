"""The interface of a workload, and how a host finds the one it is to run.

A workload is a module of this package with a ``WORKLOAD``. A HostSpec names the module, so only that one is
imported. There is no list to edit: a file in this folder adds a workload. Further folders come from the
server's variable CLARY_WORKLOADS: what is in them runs with its rights, so nobody else can name one.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, MutableSequence

    from clary.domain.hosts import HostSpec, WorkloadSpec

    from ..layout import Layout
    from ..result.result import Result
    from ..stop import StopSwitch

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload.

    spec: the class of its part of a HostSpec; ``spec.name`` is the name of its module. folders: those below
    /opt/ml. config_folder: the one for configuration files. run: runs it to its end, on a host whose folders
    exist. It returns when the server has every line and report, and raises nothing that it can report
    instead. A workload ends when its process ends, when ``StopSwitch.requested`` is set, or at the spec's
    ``max_runtime_s``. One that stays until it is stopped has an infinite ``max_runtime_s``; the runner starts
    another host when its process ends by itself.
    """

    spec: type[WorkloadSpec]
    folders: tuple[str, ...]
    config_folder: str
    run: Callable[[HostSpec, Layout, StopSwitch], Result]


def find_workload(name: str) -> Workload:
    """Imports and returns a workload. Raises LookupError when there is none of this name."""
    if not _NAME.fullmatch(name):
        raise LookupError(f"{name!r} can't be the name of a workload")
    full_name = f"{__package__}.{name}"
    _add_folders(sys.modules[__package__].__path__)
    try:
        module = import_module(full_name)
    except ModuleNotFoundError as error:
        if error.name != full_name:
            raise
        raise LookupError(f"There is no workload {name!r}") from error
    workload = getattr(module, "WORKLOAD", None)
    if not isinstance(workload, Workload):
        raise LookupError(f"{name!r} is no workload")
    return workload


def _add_folders(path: MutableSequence[str]) -> None:
    """Adds the folders of CLARY_WORKLOADS. Not at import time: an agent gets its variables after the fork."""
    for folder in os.environ.get("CLARY_WORKLOADS", "").split(os.pathsep):
        if folder and folder not in path:
            path.append(folder)
