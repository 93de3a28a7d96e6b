"""One line of ``clary doctor``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """The result of one check. ok: True is good, None is a note, False has to be fixed by ``remedy``."""

    what: str
    ok: bool | None
    said: str
    remedy: str = ""
