from __future__ import annotations

import marshal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import pytest
from tests.host.conftest import SOURCE, works

from clary.host.sandbox import Mount, SandboxKind, entered, view_of

VARIABLES = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


FORKED = "unshare, forked"
"""The way of agents: a process that waits becomes the sandbox (``standby.py``)."""
_way = ""

_DRIVER = """
import marshal, os, sys, time
sys.path.insert(0, {source!r})
from clary.host.sandbox import Mount, view_of
from clary.host.sandbox.standby import fork_standby, take_standby
fork_standby(lambda groups: None)
standby = take_standby()
root, mounts, variables, command = marshal.loads(sys.stdin.buffer.read())
standby.join([])
standby.start(view_of("algo-1", root, [Mount(*mount) for mount in mounts]), variables, command, 1)
while standby.poll() is None:
    time.sleep(0.005)
sys.exit(standby.returncode)
"""


@pytest.fixture(
    params=[SandboxKind.BUBBLEWRAP.value, SandboxKind.UNSHARE.value, FORKED], ids=lambda way: str(way)
)
def kind(request: pytest.FixtureRequest) -> Iterator[SandboxKind]:
    """Each kind of sandbox that works here, and each way in."""
    global _way
    found = SandboxKind(request.param.partition(",")[0])
    if not works(found):
        pytest.skip(f"{found.value} does not work on this machine; `clary doctor` says why")
    _way = request.param
    yield found
    _way = ""


def run_inside(
    kind: SandboxKind, root: Path, script: str, *mounts: Mount, variables: Mapping[str, str] = VARIABLES
) -> subprocess.CompletedProcess[str]:
    """Runs a shell script in a host's view whose private root is ``root``."""
    root.mkdir(exist_ok=True)
    if _way == FORKED:
        return _run_forked(root, script, mounts, variables)
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


def _run_forked(
    root: Path, script: str, mounts: Sequence[Mount], variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """There is one output, so that errors are left out."""
    command = ["/bin/sh", "-c", f"exec 2>/dev/null\n{script}"]
    told = (str(root), [astuple(mount) for mount in mounts], dict(variables), command)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _DRIVER.format(source=SOURCE)],
        input=marshal.dumps(told),
        capture_output=True,
        timeout=60,
    )
    said = done.stderr.decode()
    if "has a NUL character" in said:
        raise ValueError(said)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), said)


def look(kind: SandboxKind, root: Path, script: str, *mounts: Mount) -> str:
    """What the script wrote."""
    return run_inside(kind, root, script, *mounts).stdout.strip()
