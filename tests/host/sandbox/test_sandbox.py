"""The view of a sandbox, in each kind that works here."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import START, make_spec
from tests.host.sandbox.conftest import look, run_inside
from tests.host.standin import Standin

import clary
from clary.domain.hosts import EnvironmentSpec
from clary.host.sandbox import Mount, SandboxKind, probe
from clary.host.sandbox.detection import chosen

SOURCE = str(Path(clary.__file__).parent.parent)


def test_only_what_is_allowed_exists(kind: SandboxKind, tmp_path: Path) -> None:
    names = look(kind, tmp_path / "root", "ls /").split()

    assert set(names) <= {
        "bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "opt", "proc", "run", "sbin", "sys", "usr",
    }  # fmt: skip


@pytest.mark.parametrize(
    "attempt",
    [
        "echo x > /ro/file",
        "chmod 777 /ro/file",
        "rm /ro/file",
        "mount -o remount,rw,bind /ro",
        "umount /ro",
        "unshare -Urm sh -c 'mount -o remount,rw,bind /ro || umount /ro'",
        "mknod /disk b 254 0",
        "echo x > /usr/x",
        "echo x > /proc/sys/kernel/domainname",
        "cat /etc/shadow | grep .",
    ],
)
def test_what_is_read_only_stays_so_for_root_inside(kind: SandboxKind, tmp_path: Path, attempt: str) -> None:
    (tmp_path / "ro").mkdir()
    (tmp_path / "ro/file").write_text("kept")

    said = look(
        kind,
        tmp_path / "root",
        f"({attempt}) 2>/dev/null || echo refused",
        Mount(str(tmp_path / "ro"), "/ro"),
    )

    assert said.endswith("refused")
    assert (tmp_path / "ro/file").read_text() == "kept"


def test_devices_are_the_harmless_ones(kind: SandboxKind, tmp_path: Path) -> None:
    nodes = look(kind, tmp_path / "root", "find /dev -type c -o -type b | grep -v pts | sort")

    assert {line.rpartition("/")[2] for line in nodes.split()} <= {
        "null", "zero", "full", "random", "urandom", "tty", "console", "ptmx",
    }  # fmt: skip


def test_shared_memory_and_terminals_work(kind: SandboxKind, tmp_path: Path) -> None:
    script = "echo 1 > /dev/shm/x && cat /dev/shm/x; echo 2 > /dev/null && echo ok; ls /dev/pts/ptmx"

    assert look(kind, tmp_path / "root", script).split() == ["1", "ok", "/dev/pts/ptmx"]


def test_processes_outside_are_not_seen(kind: SandboxKind, tmp_path: Path) -> None:
    pids = look(kind, tmp_path / "root", "for p in /proc/[0-9]*; do echo ${p#/proc/}; done").split()

    assert 1 in map(int, pids)
    assert max(map(int, pids)) < 20


def test_the_exit_status_comes_out(kind: SandboxKind, tmp_path: Path) -> None:
    assert run_inside(kind, tmp_path / "root", "exit 7").returncode == 7


def test_writes_to_the_root_land_in_the_hosts_own_folder(kind: SandboxKind, tmp_path: Path) -> None:
    look(kind, tmp_path / "root", "mkdir /anywhere && echo 1 > /anywhere/x")

    assert (tmp_path / "root/anywhere/x").read_text() == "1\n"


def test_probe_names_why_a_better_kind_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clary.host.sandbox.entrance.program", _missing)

    found = probe((SandboxKind.BUBBLEWRAP,))

    assert found.kind is SandboxKind.NONE
    assert found.reason == "bubblewrap: bwrap is not installed"


def _missing(name: str) -> str:
    raise FileNotFoundError(f"{name} is not installed")


def test_a_kind_that_is_named_is_not_probed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLARY_SANDBOX", "none")

    assert chosen().kind is SandboxKind.NONE


def test_an_ordinary_user_gets_a_private_host_too(kind: SandboxKind, standin: Standin) -> None:
    script = "id -u; hostname; echo 1 > /opt/ml/model/w; ls /home"

    run_as_an_ordinary_user(kind, standin, entrypoint=("/bin/sh", "-c", script))

    assert standin.lines == ["0", "algo-1"]
    assert standin.reports[-1]["ModelUploaded"]


def test_jobs_of_an_ordinary_user_are_bounded_by_measuring(kind: SandboxKind, standin: Standin) -> None:
    program = "import time; held = bytearray(b'x' * (300 << 20)); print('held', flush=True); time.sleep(60)"

    run_as_an_ordinary_user(
        kind, standin, entrypoint=("/usr/bin/python3", "-c", program), memory_bytes=100 << 20
    )

    assert standin.reports[-1]["Reason"].startswith("ClientError: Out of memory: the host has 0.0977 GiB")


def run_as_an_ordinary_user(
    kind: SandboxKind, standin: Standin, prefix: Sequence[str] = (), **changes: Any
) -> None:
    """An agent of another user. As root this drops to one; as an ordinary user every other test shows it.

    prefix: of the command that becomes that user.
    """
    python = shutil.which("python3", path="/usr/bin")
    if os.geteuid() != 0 or python is None:
        pytest.skip("needs root, to become another user, and a system Python")
    folder = Path(tempfile.mkdtemp(prefix="clary-host-"))
    shutil.copytree(f"{SOURCE}/clary", folder / "src/clary", ignore=shutil.ignore_patterns("__pycache__"))
    start = "import sys; sys.version_info >= (3, 11) or sys.exit('old')" + START.format(
        source=f"{folder}/src"
    )
    spec = make_spec(standin, environment=EnvironmentSpec("system", "/usr"), **changes)
    (folder / "spec.json").write_text(spec.to_json())
    subprocess.run(["chown", "-R", "65534:65534", str(folder)], check=True)

    done = subprocess.run(
        [
            *prefix,
            "setpriv",
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            python,
            "-I",
            "-S",
            "-c",
            start,
            folder,
        ],
        env={"PATH": os.environ["PATH"], "CLARY_SANDBOX": kind.value},
        capture_output=True,
        text=True,
        timeout=90,
    )

    shutil.rmtree(folder)
    if done.stderr.strip() == "old":
        pytest.skip("the system Python is older than 3.11")
    assert done.returncode == 0, done.stderr
