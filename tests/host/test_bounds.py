"""Bounds on memory, processes and disk of a job, by the kernel and by measuring."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin

from clary.domain.hosts import ChannelSpec
from clary.host.bounds import NOTE, cgroups
from clary.host.bounds.bounds import group_name
from clary.host.bounds.cgroups import forget_groups, make_groups
from clary.host.bounds.usage import DEEPEST, ENTRY_BYTES, UNCOUNTABLE, DiskUsage, folder_bytes
from clary.host.sandbox import SandboxKind

Launch = Callable[..., RunningAgent]
MIB = 1 << 20
PYTHON = (f"{sys.base_prefix}/bin/python3", "-I", "-S", "-c")
HOG = (
    "import time; held = [bytearray(b'x' * (1 << 20)) for _ in range(400)]; print('held it'); time.sleep(60)"
)
IN_A_CHILD = f"import subprocess, sys, time; subprocess.run([*{PYTHON!r}, {HOG!r}]); time.sleep(60)"
SHARED = "open('/dev/shm/x', 'wb').write(b'x' * (400 << 20)); import time; time.sleep(60)"
NAMELESS = (
    "import os, time; file = open(os.memfd_create('x'), 'wb'); "
    "[file.write(b'x' * (1 << 20)) for _ in range(400)]; file.flush(); time.sleep(60)"
)
# Half of it is held twice, and is one all the same.
FORKED = (
    "import os, time; held = bytearray(b'x' * (60 << 20)); pids = [os.fork() for _ in range(2)]; "
    "time.sleep(1.5); 0 in pids and os._exit(0); [os.waitpid(pid, 0) for pid in pids]; print('fine')"
)
BOMB = "n=0; while [ $n -lt 400 ]; do sleep 30 & n=$((n+1)); done; echo all of them; sleep 30"


@pytest.fixture(params=["kernel", "watch"])
def bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The limits kept by control groups, where they can be had, and by measuring."""
    how: str = request.param
    if how == "watch":
        monkeypatch.setenv("CLARY_BOUNDS", "watch")
        return how
    groups = make_groups(f"clary-test-{os.getpid()}", tmp_path / "note", memory_bytes=1 << 30, processes=100)
    kept = {name for group in groups for name in group.controllers}
    for group in groups:
        group.remove()
    if kept != {"memory", "pids"}:
        pytest.skip("no control group can be made here")
    return how


@pytest.mark.parametrize("program", [HOG, IN_A_CHILD, SHARED, NAMELESS])
def test_a_job_that_takes_more_memory_than_its_instance_has_is_ended(
    sandbox: SandboxKind, bounds: str, launch: Launch, standin: Standin, program: str
) -> None:
    if sandbox is SandboxKind.NONE and program == SHARED:
        pytest.skip("/dev/shm is the machine's")

    launch(
        entrypoint=(*PYTHON, program),
        memory_bytes=100 * MIB,
        instance_type="ml.t3.tiny",
        larger_instances="ml.t3.medium (4 GiB)",
    ).wait()

    report = standin.reports[-1]
    if program == SHARED and report["Outcome"] == "Failed":
        # /dev/shm is as large as the memory: the write itself may be what fails.
        assert "No space left on device" in report["Reason"]
        return
    assert report["Outcome"] == "ClientError"
    assert report["Reason"] == (
        "ClientError: Out of memory: the host has 0.0977 GiB (ml.t3.tiny) and the job needed more. "
        "Choose an instance type with more, ml.t3.medium (4 GiB), or hold less of the data at a time."
    )


def test_memory_that_forks_share_counts_once(
    sandbox: SandboxKind, bounds: str, launch: Launch, standin: Standin
) -> None:
    launch(entrypoint=(*PYTHON, FORKED), memory_bytes=150 * MIB).wait()

    assert standin.lines == ["fine"]


def test_a_job_has_so_many_processes_and_no_more(
    sandbox: SandboxKind, bounds: str, launch: Launch, standin: Standin
) -> None:
    launch(**shell(BOMB), processes=64, max_runtime_s=3.0).wait()

    assert "all of them" not in standin.lines or bounds == "watch"
    if bounds == "watch":
        assert "started more than 64 processes" in standin.reports[-1]["Reason"]


def test_a_job_that_writes_more_than_its_volume_has_is_ended(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    launch(**shell("head -c 50000000 /dev/zero > $TMPDIR/x; sleep 60"), disk_bytes=20 * MIB).wait()

    report = standin.reports[-1]
    assert report["Outcome"] == "ClientError"
    assert report["Reason"].startswith("ClientError: Out of disk: the job wrote 0.04")
    assert "its volume has 0.0195 GiB" in report["Reason"]


def test_two_hosts_have_bounds_of_their_own(bounds: str, launch: Launch, standin: Standin) -> None:
    small = launch(entrypoint=(*PYTHON, HOG), memory_bytes=100 * MIB)
    large = launch(entrypoint=(*PYTHON, HOG.replace("60)", "1)")), memory_bytes=1000 * MIB)

    assert (small.wait()["Outcome"], large.wait()["Outcome"]) == ("ClientError", "Succeeded")


def test_the_kernel_takes_jobs_first(sandbox: SandboxKind, launch: Launch, standin: Standin) -> None:
    launch(**shell("cat /proc/self/oom_score_adj")).wait()

    assert standin.lines == ["500"]


def test_no_group_is_left(bounds: str, launch: Launch) -> None:
    agent = launch(**shell("true"))

    agent.wait()

    assert list(Path("/sys/fs/cgroup").rglob(group_name(agent.folder))) == []


def test_groups_of_a_job_that_never_started_are_removed_with_its_host(
    bounds: str, launch: Launch, standin: Standin
) -> None:
    """They are joined while the data is fetched, which may fail."""
    missing = ChannelSpec("train", "s3://data/nothing/")
    agent = launch(**shell("true"), channels=(missing,))
    agent.wait()

    forget_groups(agent.folder / NOTE)

    assert standin.reports[-1]["Outcome"] == "ClientError"
    assert list(Path("/sys/fs/cgroup").rglob(group_name(agent.folder))) == []


def test_what_a_killed_agent_left_is_removed_with_its_host(
    bounds: str, launch: Launch, standin: Standin
) -> None:
    if bounds == "watch":
        pytest.skip("there is no group")
    agent = launch(**shell("echo up; sleep 60"))
    until(lambda: "up" in standin.lines)
    agent.process.kill()
    agent.process.wait()
    left = list(Path("/sys/fs/cgroup").rglob(group_name(agent.folder)))

    forget_groups(agent.folder / "groups.json")

    assert left
    assert not any(folder.exists() for folder in left)


def test_the_nearest_group_that_hands_both_controllers_down_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version 2, on plain files: which group is chosen and what is written there, no kernel."""
    top = tmp_path / "cgroup"
    own = top / "user.slice/session.scope"
    own.mkdir(parents=True)
    for folder, given in ((top, "cpu memory pids"), (top / "user.slice", "memory pids"), (own, "memory")):
        (folder / "cgroup.subtree_control").write_text(given + "\n")
        (folder / "cgroup.procs").write_text("")
    made = top / "user.slice/clary-x"
    made.mkdir()
    for name in (
        "cgroup.procs", "memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.weight",
    ):  # fmt: skip
        (made / name).write_text("max")
    mounts = {"cgroup2": (str(top), "/")}
    monkeypatch.setattr(cgroups, "_mounts", lambda kind, _controller: mounts.get(kind))
    monkeypatch.setattr(cgroups, "_own_path", lambda _controller: "/user.slice/session.scope")

    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    cgroups.parents.cache_clear()

    (group,) = make_groups("clary-x", tmp_path / "note", memory_bytes=5 * MIB, processes=7, cpus=2)

    cgroups.parents.cache_clear()
    assert group.folder == str(made)
    assert sorted(group.controllers) == ["memory", "pids"]
    said = {name: (made / name).read_text() for name in ("memory.max", "memory.swap.max", "memory.oom.group")}
    assert said == {"memory.max": str(5 * MIB), "memory.swap.max": "0", "memory.oom.group": "1"}
    assert (made / "pids.max").read_text() == "7"
    assert (made / "cpu.weight").read_text() == "25"


@pytest.mark.parametrize(
    ("shown", "own", "folder"),
    [
        ("/", "/a/b", "/a/b"),
        ("/docker/1", "/docker/1/b", "/b"),
        ("/", "/not/there", ""),
        ("/", "/../outside", ""),
    ],
)
def test_the_own_group_is_found_where_the_hierarchy_is_shown(
    tmp_path: Path, shown: str, own: str, folder: str
) -> None:
    for name in ("a/b", "b"):
        (tmp_path / name).mkdir(parents=True)

    found = cgroups._inside(str(tmp_path), shown, own)

    assert found == f"{tmp_path}{folder}"


def test_a_file_with_two_names_takes_its_place_once_and_a_hole_none(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_bytes(os.urandom(MIB))
    os.link(tmp_path / "a/b/file", tmp_path / "a/again")
    with (tmp_path / "a/hole").open("wb") as file:
        file.truncate(1 << 40)
    (tmp_path / "a/out").symlink_to("/usr")

    assert MIB <= folder_bytes(str(tmp_path / "a")) < 1.1 * MIB


def test_a_tree_deeper_than_any_path_is_counted(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(700):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    with open(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here), "wb") as file:
        file.write(os.urandom(MIB))
    os.close(here)

    assert folder_bytes(str(tmp_path)) >= MIB


def test_a_tree_of_many_deep_branches_takes_no_descriptors_for_long(tmp_path: Path) -> None:
    for branch in range(DEEPEST + 5):
        here = os.open(tmp_path, os.O_RDONLY)
        for _ in range(DEEPEST + 2):
            name = f"b{branch}"
            os.mkdir(name, dir_fd=here)
            below = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
    before = len(os.listdir("/proc/self/fd"))

    found = folder_bytes(str(tmp_path))

    assert found == UNCOUNTABLE
    assert len(os.listdir("/proc/self/fd")) == before


def test_folders_are_counted_seldom_when_that_takes_long(tmp_path: Path) -> None:
    ticks = iter(range(0, 1000))
    usage = DiskUsage([str(tmp_path)], 1 << 50, clock=lambda: float(next(ticks)))
    usage.look()
    (tmp_path / "file").write_bytes(os.urandom(MIB))

    looks = [usage.look() for _ in range(30)]

    # By this clock each count takes a second, so it is worth one in twenty.
    assert looks[10] == looks[0] < MIB <= looks[-1]


def test_empty_files_count(tmp_path: Path) -> None:
    """A hundred million of them would leave the machine no inode, and no block taken."""
    for number in range(300):
        (tmp_path / str(number)).touch()
        (tmp_path / f"link-{number}").symlink_to("x")

    assert folder_bytes(str(tmp_path)) >= 600 * ENTRY_BYTES
