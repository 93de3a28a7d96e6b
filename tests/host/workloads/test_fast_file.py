"""FastFile channels of a training job on a machine that has no stored objects."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import PRIVATE, RunningAgent, make_spec, shell, until, works
from tests.host.inputs.fuse.test_mounted import fetched, impossible
from tests.host.sandbox.test_sandbox import run_as_an_ordinary_user
from tests.host.standin import Standin

from clary.domain.hosts import ChannelSpec, Endpoint
from clary.host.sandbox import SandboxKind

pytestmark = pytest.mark.skipif(bool(impossible()), reason=impossible())
MANY, LARGE = 300, bytes(range(256)) * (20 << 12)  # 20 MiB
READ = """
ls | wc -l
cat 007 299
tail -c +1048578 large | head -c 4 | od -An -tu1
touch new 2>/dev/null || echo read only
"""


@pytest.fixture
def remote(standin: Standin, tmp_path: Path) -> dict[str, Any]:
    """The changes of a spec that make it that of a host on another machine, with a FastFile channel."""
    standin.page_size = 1000
    for number in range(MANY):
        standin.put("data", f"d/{number:03}", f"{number}\n".encode())
    standin.put("data", "d/large", LARGE)
    return {
        "endpoint": Endpoint(standin.url, "us-east-1", "000000000000", ""),
        "channels": (ChannelSpec("train", "s3://data/d/", mode="FastFile"),),
    }


def in_channel(sandbox: SandboxKind, tmp_path: Path, script: str) -> dict[str, Any]:
    ml = tmp_path / "host/ml" if sandbox is SandboxKind.NONE else Path("/opt/ml")
    return shell(f"cd {ml}/input/data/train || exit\n{script}")


def mounts() -> list[str]:
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if "fuse.clary" in line]


def test_a_channel_is_fetched_as_it_is_read(
    sandbox: SandboxKind, standin: Standin, remote: dict[str, Any], tmp_path: Path
) -> None:
    before = mounts()

    agent = RunningAgent(
        tmp_path / "host", make_spec(standin, **remote, **in_channel(sandbox, tmp_path, READ))
    )
    agent.wait()

    assert standin.lines == ["301", "7", "299", "   1   2   3   4", "read only"]
    assert fetched(standin) < 6 << 20
    assert mounts() == before


def test_a_killed_agent_leaves_no_mount_to_its_successor(
    sandbox: SandboxKind, standin: Standin, remote: dict[str, Any], tmp_path: Path
) -> None:
    before = mounts()
    spec = make_spec(standin, **remote, **in_channel(sandbox, tmp_path, "cat 007; sleep 300"))
    agent = RunningAgent(tmp_path / "host", spec)
    until(lambda: "7" in standin.lines, timeout_s=60.0)
    agent.process.send_signal(signal.SIGKILL)
    agent.process.wait()

    RunningAgent(
        tmp_path / "host", make_spec(standin, **remote, **in_channel(sandbox, tmp_path, READ))
    ).wait()

    assert "read only" in standin.lines
    assert mounts() == before


def test_a_stop_ends_a_job_that_waits_for_bytes(
    sandbox: SandboxKind, standin: Standin, remote: dict[str, Any], tmp_path: Path
) -> None:
    standin.fault = lambda name, _count: "drop" if name == "GET /data/d/large" else None
    script = "dd if=large bs=4k count=1 & dd if=large bs=4k skip=99 iflag=direct; wait"
    agent = RunningAgent(
        tmp_path / "host",
        make_spec(standin, **remote, **in_channel(sandbox, tmp_path, script), stop_grace_s=0.2),
    )
    until(lambda: "GET /data/d/large" in standin.calls, timeout_s=60.0)

    agent.process.send_signal(signal.SIGTERM)

    assert agent.wait(60.0)["Outcome"] == "Stopped"


@pytest.mark.parametrize("kind", PRIVATE, ids=lambda kind: str(kind.value))
def test_an_ordinary_user_mounts_too(
    kind: SandboxKind, standin: Standin, remote: dict[str, Any], tmp_path: Path
) -> None:
    if not works(kind):
        pytest.skip(f"{kind.value} does not work on this machine; `clary doctor` says why")
    if kind is SandboxKind.BUBBLEWRAP and shutil.which("fusermount3") is None:
        pytest.skip("fusermount3 is not installed: apt-get install fuse3")
    # Where udev runs, everybody may open the device; here it may be root's.
    device = tmp_path / "fuse"
    os.mknod(device, 0o666 | stat.S_IFCHR, os.stat("/dev/fuse").st_rdev)
    device.chmod(0o666)
    script = f'mount --bind {device} /dev/fuse && exec "$@"'

    prefix = ("unshare", "--mount", "sh", "-c", script, "sh")
    changes = in_channel(kind, tmp_path, READ)
    run_as_an_ordinary_user(kind, standin, prefix, **remote, **changes)

    assert standin.lines == ["301", "7", "299", "   1   2   3   4", "read only"]
    assert fetched(standin) < 6 << 20
