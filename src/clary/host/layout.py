"""The folders of a host: where each lies on the machine, and where user code sees it.

<host folder>/
  spec.json  agent.log  exit.json     kept after the end of the host
  ml/            /opt/ml              writable
  channels/<c>/  /opt/ml/input/data/<c>   hard links to stored objects: read-only; inputs of a
                                      processing job likewise, each at its LocalPath
  checkpoints/   its LocalPath        writable
  cache/         /opt/ml/sagemaker/warmpoolcache   writable; kept after the end for the next host
  root/          /                    root of the sandbox: mount points, and what user code writes there
  tmp/           /tmp                 writable
  clary/         /opt/clary           launcher, debugger, AWS configuration and credentials: read-only
  run/           /run/clary           messages of the launcher to the agent
  etc/           /etc/hosts, /etc/hostname
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .notes import note
from .removal import remove_tree
from .sandbox.fuse_mount import unmount_below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.hosts import HostSpec

INJECTED = Path(__file__).parent / "injected"
DEBUGGER = Path(__file__).parent.parent / "debugger"
METADATA = "metadata"
# Programs expect these folders of a system, and write there.
_ROOT_FOLDERS = ("root", "home", "run", "mnt", "srv", "var/tmp", "var/log", "var/lib", "var/cache")
_SCRATCH = ("ml", "channels", "checkpoints", "root", "tmp", "clary", "run", "etc", "work")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths on the machine, all under one folder that belongs to the agent alone."""

    host: Path

    @property
    def ml(self) -> Path:
        return self.host / "ml"

    @property
    def channels(self) -> Path:
        return self.host / "channels"

    @property
    def checkpoints(self) -> Path:
        return self.host / "checkpoints"

    @property
    def cache(self) -> Path:
        return self.host / "cache"

    @property
    def root(self) -> Path:
        return self.host / "root"

    @property
    def tmp(self) -> Path:
        return self.host / "tmp"

    @property
    def clary(self) -> Path:
        return self.host / "clary"

    @property
    def run(self) -> Path:
        return self.host / "run"

    @property
    def etc(self) -> Path:
        return self.host / "etc"

    @property
    def work(self) -> Path:
        """Scratch of the agent: archives before their upload, spools. User code never sees it."""
        return self.host / "work"


def lay_out(spec: HostSpec, layout: Layout, *, folders: Sequence[str], config_folder: str) -> None:
    """Creates the folders, and the files that depend on the spec alone. Replaces those of an earlier run.

    folders: what is below /opt/ml. config_folder: the one of them for the configuration files.
    """
    clear(layout)
    for name in _SCRATCH:
        os.makedirs(layout.host / name, exist_ok=True)
    for name in (*folders, config_folder, METADATA):
        os.makedirs(layout.ml / name, exist_ok=True)
    for name in _ROOT_FOLDERS:
        os.makedirs(layout.root / name, exist_ok=True)
    os.makedirs(layout.clary / "aws", exist_ok=True)
    # Without a sandbox the debugger is found here; with one it is mounted.
    os.makedirs(layout.clary / "lib/clary", exist_ok=True)
    os.symlink(DEBUGGER, layout.clary / "lib/clary/debugger")
    os.chmod(layout.tmp, 0o1777)
    os.chmod(layout.root / "var/tmp", 0o1777)
    for name, content in spec.config_files.items():
        _write(layout.ml / config_folder / os.path.basename(name), json.dumps(content))
    _write(layout.ml / METADATA / "resource-metadata.json", json.dumps({"ExecutionRoleArn": spec.role_arn}))
    _write(layout.etc / "hosts", _hosts(spec))
    _write(layout.etc / "hostname", spec.host_name + "\n")


def clear(layout: Layout) -> None:
    """Removes all scratch. Only the spec, the agent's log and ``exit.json`` are left of a host.

    What can't be removed is noted in the agent's log, and is no error: the host has ended.
    """
    unmount_below(layout.host)
    for name in _SCRATCH:
        try:
            remove_tree(layout.host / name)
        except OSError as error:
            note(f"{layout.host / name} can't be removed: {error}")


def _hosts(spec: HostSpec) -> str:
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    lines += [f"{address} {name}" for name, address in spec.hosts.items()]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
