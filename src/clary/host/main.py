"""The process of a host's agent: reads the spec, runs the workload, and writes how it ended.

It is started with the path of the host's folder, whose ``spec.json`` holds everything it needs. It continues
when the server ends, and keeps what it has to report until a server accepts it. When the agent ends, the
user's process ends with it, and everything that this has started.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clary.domain.hosts import HostSpec

from .container.leftovers import remove_container
from .layout import Layout, clear, lay_out
from .stop import StopSwitch
from .workloads.workload import find_workload

if TYPE_CHECKING:
    from .result.result import Result


def main(folder: Path | None = None) -> None:
    """Runs the host of a folder, by default the last argument. Exits with 0, however the host ended."""
    folder = folder or Path(sys.argv[-1])
    os.umask(0o022)
    switch = StopSwitch()
    _write_exit(folder, _run(Layout(folder), switch))
    # Daemon threads may still wait for something that is no longer needed.
    os._exit(0)


def _run(layout: Layout, switch: StopSwitch) -> Result:
    document = json.loads((layout.host / "spec.json").read_text(encoding="utf-8"))
    workload = find_workload(document["workload_name"])
    spec = HostSpec.from_document(document, workload.spec)
    lay_out(spec, layout, folders=workload.folders, config_folder=workload.config_folder)
    try:
        return workload.run(spec, layout, switch)
    finally:
        # The server has the last report: nobody waits for this.
        remove_container(layout.host)
        clear(layout)


def _write_exit(folder: Path, result: Result) -> None:
    if not folder.is_dir():
        return
    draft = folder / "exit.json.new"
    draft.write_text(json.dumps({"ExitCode": 0, "Outcome": result.outcome}), encoding="utf-8")
    os.replace(draft, folder / "exit.json")
