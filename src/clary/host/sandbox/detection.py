"""Which sandbox works on this machine, found by running something in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from .entrance import entered
from .programs import program
from .view import SandboxKind, view_of

CHOICE_VARIABLE = "CLARY_SANDBOX"
"""A kind, to be used without a probe: a server that starts many hosts probes once."""
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Probe:
    """kind: the best that works. reason: why no better kind works; empty for the first choice."""

    kind: SandboxKind
    reason: str = ""


def probe(kinds: tuple[SandboxKind, ...] = (SandboxKind.UNSHARE, SandboxKind.BUBBLEWRAP)) -> Probe:
    """Tries the kinds in order, by running /bin/true in each."""
    if not sys.platform.startswith("linux"):
        return Probe(SandboxKind.NONE, "private hosts need Linux")
    reasons: list[str] = []
    for kind in kinds:
        trouble = _trouble_with(kind)
        if trouble is None:
            return Probe(kind, "; ".join(reasons))
        reasons.append(f"{kind.value}: {trouble}")
    return Probe(SandboxKind.NONE, "; ".join(reasons))


def chosen() -> Probe:
    """Returns the kind in the environment, else the result of a probe."""
    named = os.environ.get(CHOICE_VARIABLE, "")
    if named in {kind.value for kind in SandboxKind}:
        return Probe(SandboxKind(named), f"{CHOICE_VARIABLE} says so")
    return probe()


def dies_with_parent() -> list[str]:
    """Returns the prefix of a command without a sandbox that ends it with its parent; may be empty."""
    try:
        return [program("setpriv"), "--pdeathsig", "KILL"]
    except FileNotFoundError:
        return []


def _trouble_with(kind: SandboxKind) -> str | None:
    from .probe_folder import probe_folder  # 4 ms that a start which need not probe does not pay

    try:
        with (
            probe_folder() as root,
            entered(kind, view_of("algo-1", root, ()), {"PATH": "/bin"}) as entrance,
        ):
            done = subprocess.run(
                [*entrance.argv, "/bin/true"],
                pass_fds=entrance.descriptors,
                preexec_fn=entrance.before_exec,
                env={},
                capture_output=True,
                timeout=_TIMEOUT_S,
                stdin=subprocess.DEVNULL,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[-1] if said else f"exit status {done.returncode}"
