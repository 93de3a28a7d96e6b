from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.host.conftest import works

from clary.host.sandbox import Mount, SandboxKind, entered, view_of

VARIABLES = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


@pytest.fixture(params=[SandboxKind.BUBBLEWRAP, SandboxKind.UNSHARE], ids=lambda kind: str(kind.value))
def kind(request: pytest.FixtureRequest) -> SandboxKind:
    """Each kind of sandbox that works here."""
    found: SandboxKind = request.param
    if not works(found):
        pytest.skip(f"{found.value} does not work on this machine; `clary doctor` says why")
    return found


def run_inside(
    kind: SandboxKind, root: Path, script: str, *mounts: Mount, variables: Mapping[str, str] = VARIABLES
) -> subprocess.CompletedProcess[str]:
    """Runs a shell script in a host's view whose private root is ``root``."""
    root.mkdir(exist_ok=True)
    with entered(kind, view_of("algo-1", str(root), mounts), variables) as entrance:
        return subprocess.run(
            [*entrance.argv, "/bin/sh", "-c", script],
            env={},
            pass_fds=entrance.descriptors,
            preexec_fn=entrance.before_exec,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )


def look(kind: SandboxKind, root: Path, script: str, *mounts: Mount) -> str:
    """What the script wrote."""
    return run_inside(kind, root, script, *mounts).stdout.strip()
