"""Clary's code on a node: one folder for each version, of which old ones are removed.

    <folder>/code/<digest>                              its time is that of its last use
    <folder>/<namespace>/<address>/hosts/<host>/code    the version that a host was started with

A host reads its version until it is forgotten. Nodes may share the folder.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import clary
from clary.host.removal import remove_tree

CODE = Path(clary.__file__).parent.parent
"""The version that runs here."""
KEPT = 3
"""How many versions stay that no host uses, beside the own: of other servers, and of the one before."""
DRAFT_S = 3600.0
"""After this time, what was unpacked only in part belongs to nobody."""


def note_code(host: Path, code: Path) -> None:
    """Notes the version that a host is about to be started with."""
    host.mkdir(parents=True, exist_ok=True)
    (host / "code").write_text(code.name)
    with contextlib.suppress(OSError):
        os.utime(code)


def remove_old_code(folder: Path, own: Path) -> None:
    """Removes versions that no host uses, but the own and those that were used last."""
    with contextlib.suppress(OSError):
        os.utime(own)
    ages = {path: _used_at(path) for path in (folder / "code").glob("*") if path != own}
    used = {_noted(note) for note in folder.glob("*/*/hosts/*/code")}
    drafts = [path for path in ages if path.name.startswith(".")]
    whole = sorted(ages.keys() - drafts, key=lambda path: ages[path], reverse=True)
    old = [path for path in whole[KEPT:] if path.name not in used]
    for path in [*old, *(path for path in drafts if ages[path] < time.time() - DRAFT_S)]:
        # Another keeper may remove it too.
        with contextlib.suppress(OSError):
            remove_tree(path)


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _noted(note: Path) -> str:
    try:
        return note.read_text()
    except OSError:
        return ""
