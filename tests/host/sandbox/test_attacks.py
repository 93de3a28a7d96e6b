"""Attacks of a hostile job, in each kind of sandbox that works here. Most of them matter for root only."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent
from tests.host.sandbox.conftest import VARIABLES, look, run_inside
from tests.host.standin import Standin

from clary.host.sandbox import Mount, SandboxKind, entered, view_of
from clary.host.sandbox import system as system_module
from clary.host.sandbox.system import system

Launch = Callable[..., RunningAgent]
PYTHON = (f"{sys.base_prefix}/bin/python3", "-I", "-S", "-c")
NODES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/tty")


@pytest.fixture
def modes() -> Iterator[None]:
    """Fails when the rights of a device node of the machine have changed, and restores them."""
    before = {node: os.stat(node).st_mode for node in NODES}
    yield
    after = {node: os.stat(node).st_mode for node in NODES}
    for node, mode in before.items():
        if after[node] != mode:
            os.chmod(node, stat.S_IMODE(mode))
    assert after == before


@pytest.mark.parametrize("name", ["LD_PRELOAD", "LD_AUDIT"])
def test_a_library_of_the_job_is_loaded_inside_only(
    launch: Launch, standin: Standin, tmp_path: Path, name: str
) -> None:
    """Every program that is told of a library which it can't load says so where its output goes."""
    library = tmp_path / "no-such-library.so"
    script = "import os; print('inside', os.environ.get('LD_PRELOAD') or os.environ.get('LD_AUDIT'))"

    agent = launch(entrypoint=(*PYTHON, script), variables={name: str(library)})
    agent.wait()

    complaints = [line for line in standin.lines if "ld.so" in line]
    assert standin.lines[-1] == f"inside {library}"
    assert len(complaints) == 1  # of the script itself
    assert "no-such-library" not in (agent.folder / "agent.log").read_text()


def test_the_loader_of_no_other_program_takes_orders_of_the_job(launch: Launch, standin: Standin) -> None:
    """With this variable each program that starts prints where it and its memory lie."""
    launch(entrypoint=("/bin/sh", "-c", "true"), variables={"LD_SHOW_AUXV": "1"}).wait()

    assert len([line for line in standin.lines if "AT_EXECFN" in line]) == 1


def test_the_programs_that_make_a_sandbox_get_no_variable(kind: SandboxKind, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    variables = {**VARIABLES, "TOLD": "by-the-user"}

    with (
        entered(kind, view_of("algo-1", str(tmp_path / "root"), ()), variables) as entrance,
        subprocess.Popen(
            [*entrance.argv, "/bin/sh", "-c", "echo $TOLD; read line"],
            env={},
            pass_fds=entrance.descriptors,
            preexec_fn=entrance.before_exec,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process,
    ):
        assert process.stdout is not None
        inside = process.stdout.readline()
        outside = [Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("environ", "cmdline")]
        process.communicate(b"\n")

    assert inside == b"by-the-user\n"
    assert outside[0] == b""
    assert b"by-the-user" not in outside[1]


def test_nothing_of_the_agents_is_inherited(kind: SandboxKind, tmp_path: Path) -> None:
    """A descriptor leads out of every wall: files of the agent, its connections, what makes the sandbox."""
    script = "readlink /proc/$$/fd/* /proc/1/fd/* | grep -v -e '^pipe:' -e '^/dev/null$' -e eventfd"

    assert look(kind, tmp_path / "root", script) == ""


MEMORY = """
import ctypes, os
def tried(what):
    try:
        return what() and "done"
    except OSError as error:
        return "refused"
libc = ctypes.CDLL(None, use_errno=True)
for name in ("mem", "environ", "maps", "auxv"):
    print(tried(lambda: open("/proc/1/" + name, "rb").read(1) or True))
print("done" if libc.ptrace(16, 1, 0, 0) == 0 else "refused")
print(tried(lambda: os.readlink("/proc/1/fd/1")))
"""


def test_the_memory_of_process_1_is_closed(kind: SandboxKind, tmp_path: Path) -> None:
    """It has the rights of the user's process, and may be a copy of the agent as it was in the beginning."""
    if kind is SandboxKind.BUBBLEWRAP:
        pytest.skip("bubblewrap's process 1 was never anything else")
    python = Mount(sys.base_prefix, sys.base_prefix)

    said = look(kind, tmp_path / "root", f"{sys.base_prefix}/bin/python3 -I -S -c '{MEMORY}'", python)

    assert set(said.split()) == {"refused"}


def test_signals_are_as_the_kernel_gives_them(kind: SandboxKind, tmp_path: Path) -> None:
    """Python ignores some and passes that on: a program would write on when nobody reads any more."""
    # A shell ignores these for tests that run in the background, and agents have forgotten it (forker.py).
    before = [(number, signal.signal(number, signal.SIG_DFL)) for number in (signal.SIGINT, signal.SIGQUIT)]
    try:
        said = look(kind, tmp_path / "root", "grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f2")
    finally:
        for number, handler in before:
            signal.signal(number, handler)

    # Of the signals from 32 on some belong to the C library.
    assert [int(mask, 16) & 0x7FFFFFFF for mask in said.split()] == [0, 0]


def test_no_mount_gives_rights_or_devices(kind: SandboxKind, tmp_path: Path) -> None:
    script = "cut -d' ' -f5,6 /proc/self/mountinfo | grep -v -e ^/dev -e ^/proc -e nosuid,nodev"
    (tmp_path / "w").mkdir()

    found = look(kind, tmp_path / "root", script, Mount(str(tmp_path / "w"), "/w", writable=True))

    assert [line for line in found.splitlines() if not line.startswith("/ ")] == []


def test_a_nul_can_not_end_a_word_and_begin_another(kind: SandboxKind, tmp_path: Path) -> None:
    variables = {**VARIABLES, "NAME": "x\0--bind\0/\0/everything"}

    with pytest.raises(ValueError, match="has a NUL character"):
        run_inside(kind, tmp_path / "root", "ls /everything", variables=variables)


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize(
    "attempt", ["chmod 600 {0}", "chown 1:1 {0}", "rm -f {0}", "touch {0}", "setfattr -n user.x -v 1 {0}"]
)
def test_the_machines_devices_can_not_be_changed(
    kind: SandboxKind, tmp_path: Path, modes: None, node: str, attempt: str
) -> None:
    before = os.stat(node)

    look(kind, tmp_path / "root", attempt.format(node))

    after = os.stat(node)
    assert (after.st_mode, after.st_uid, after.st_mtime) == (before.st_mode, before.st_uid, before.st_mtime)


def test_devices_can_be_written_all_the_same(kind: SandboxKind, tmp_path: Path) -> None:
    script = "echo x > /dev/null && echo x >> /dev/zero && head -c 3 /dev/urandom > /dev/full || echo full"

    assert look(kind, tmp_path / "root", script) == "full"


def test_nothing_can_be_made_in_dev(kind: SandboxKind, tmp_path: Path) -> None:
    assert look(kind, tmp_path / "root", "touch /dev/x 2>/dev/null || echo refused") == "refused"


def test_an_empty_file_over_a_secret_can_not_be_changed(
    kind: SandboxKind, tmp_path: Path, modes: None
) -> None:
    hidden = [path for path in system().hidden if os.path.isfile(path)]
    assert hidden

    attempts = "; ".join(f"chmod 600 {path}; echo x > {path}; cat {path}" for path in hidden)

    assert look(kind, tmp_path / "root", attempts) == ""


def test_files_of_root_alone_are_not_there(kind: SandboxKind, tmp_path: Path) -> None:
    script = "find /etc /opt /usr/local/etc -xdev ! -type l ! -perm -o=r 2>/dev/null | grep -v ^/opt/ml"

    # Places that a mount needs are made with the rights of everybody.
    assert look(kind, tmp_path / "root", script) == ""


def test_what_is_for_root_alone_in_a_folder_that_everybody_reads_is_kept_out(
    kind: SandboxKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc = tmp_path / "etc"
    (etc / "keys").mkdir(parents=True)
    for name, mode in (("open", 0o644), ("closed", 0o600), ("keys/private", 0o640)):
        (etc / name).write_text(name)
        (etc / name).chmod(mode)
    hidden = list(system_module._for_root_alone(str(etc)))

    assert sorted(hidden) == [str(etc / "closed"), str(etc / "keys/private")]


@pytest.mark.parametrize(
    ("index", "secret"),
    [("https://packages.example/simple", False), ("https://ci:token@packages.example/simple", True)],
)
def test_a_password_of_the_machines_index_is_kept_out(tmp_path: Path, index: str, secret: bool) -> None:
    """Everybody of the machine may read that file; a job comes from elsewhere."""
    (tmp_path / "pip.conf").write_text(f"[global]\nextra-index-url = {index}\n")

    assert system_module._names_password(str(tmp_path / "pip.conf")) is secret


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/sudoers",
        "/etc/ssh",
        "/etc/ssl/private",
        "/root/.ssh",
        "/var/lib/dpkg",
        "/home/x",
        "/sys/fs/cgroup/cgroup.procs",
        "/sys/kernel/debug",
        "/sys/firmware",
        "/boot",
        "/run/docker.sock",
    ],
)
def test_what_no_program_needs_is_not_there(kind: SandboxKind, tmp_path: Path, path: str) -> None:
    assert look(kind, tmp_path / "root", f"test -s {path} && echo there; ls -A {path} 2>/dev/null") == ""


def test_what_programs_need_is_there(kind: SandboxKind, tmp_path: Path) -> None:
    script = (
        "getent passwd 0 | cut -d: -f1; getent hosts localhost >/dev/null && echo hosts; "
        "nproc >/dev/null && echo cpus; test -e /etc/ld.so.cache && echo libraries"
    )

    assert look(kind, tmp_path / "root", script).split() == ["root", "hosts", "cpus", "libraries"]


@pytest.mark.parametrize(
    "attempt",
    [
        "echo x > /proc/sys/kernel/core_pattern",
        "echo x > /proc/sysrq-trigger",
        "echo 1 > /sys/kernel/mm/ksm/run",
        "echo add > /sys/devices/virtual/net/lo/uevent",
        "cat /proc/kcore | head -c 1 | grep .",
        "unshare -Ur true",
        "mount -t tmpfs x /mnt",
        "kill -9 1 && sleep 0.2 && false",
        "nsenter -t 1 -m true",
        "chroot / true",
    ],
)
def test_the_machine_takes_no_orders(kind: SandboxKind, tmp_path: Path, attempt: str) -> None:
    said = look(kind, tmp_path / "root", f"({attempt}) >/dev/null 2>&1 || echo refused")

    assert said == "refused"


CALLS = """
import ctypes, errno, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    return errno.errorcode.get(ctypes.get_errno()) if libc.syscall(*arguments) < 0 else "done"
print(call({keyctl}, 0, -4, 0), call(425, 8, 0), call({bpf}, 0, 0, 0), call(435, 0, 0))
try:
    socket.socket(40, socket.SOCK_STREAM)
except OSError as error:
    print(errno.errorcode[error.errno])
"""


def test_calls_that_reach_what_hosts_share_are_refused(kind: SandboxKind, tmp_path: Path) -> None:
    numbers = {"x86_64": {"keyctl": 250, "bpf": 321}, "aarch64": {"keyctl": 219, "bpf": 280}}
    if os.uname().machine not in numbers:
        pytest.skip("the filter knows no such processor")
    program = CALLS.format(**numbers[os.uname().machine])
    python = Mount(sys.base_prefix, sys.base_prefix)

    said = look(kind, tmp_path / "root", f"{sys.base_prefix}/bin/python3 -c '{program}'", python)

    assert said.split() == ["EPERM", "ENOSYS", "EPERM", "ENOSYS", "EAFNOSUPPORT"]


def test_an_archive_of_other_owners_is_unpacked_as_ever(kind: SandboxKind, tmp_path: Path) -> None:
    """Root gives files away; a refusal would make tar fail, and Python's tarfile forget their modes."""
    script = (
        "cd /tmp && echo 1 > f && chmod 755 f && tar cf a.tar --owner=1234 --group=1234 f && rm f "
        "&& tar xf a.tar && test -x f && echo unpacked"
    )
    (tmp_path / "tmp").mkdir()

    assert (
        look(kind, tmp_path / "root", script, Mount(str(tmp_path / "tmp"), "/tmp", writable=True))
        == "unpacked"
    )


def test_a_link_can_not_lead_a_mount_out_of_the_root(kind: SandboxKind, tmp_path: Path) -> None:
    outside, given, data = tmp_path / "outside", tmp_path / "given", tmp_path / "data"
    for folder in (outside, given, data):
        folder.mkdir()
    (given / "input").symlink_to(outside)
    (given / "up").symlink_to("../../../../../.." + str(outside))
    mounts = [Mount(str(given), "/opt/ml", writable=True)]
    mounts += [Mount(str(data), f"/opt/ml/{name}/train") for name in ("input", "up")]

    done = run_inside(kind, tmp_path / "root", "echo ran", *mounts)

    assert done.stdout == "ran\n"
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("members", [("file", "folder"), ("folder", "file")])
def test_a_folder_and_a_file_in_it_may_be_named_in_any_order(
    kind: SandboxKind, tmp_path: Path, members: tuple[str, ...]
) -> None:
    """As SSL_CERT_FILE and SSL_CERT_DIR are."""
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "all.pem").write_text("certificates")
    paths = {"file": folder / "all.pem", "folder": folder}
    mounts = [Mount(str(paths[member]), str(paths[member])) for member in members]

    done = run_inside(kind, tmp_path / "root", f"cat {folder}/all.pem; echo x > {folder}/all.pem", *mounts)

    assert done.stdout == "certificates", done.stderr
    assert (folder / "all.pem").read_text() == "certificates"


def test_a_mount_below_a_read_only_one_is_read_only_too(kind: SandboxKind, tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    for folder in (outer / "below", inner):
        folder.mkdir(parents=True)
    mounted = _mounted(inner, outer / "below")
    if not mounted:
        pytest.skip("needs the right to mount")
    try:
        look(kind, tmp_path / "root", "echo x > /seen/below/x", Mount(str(outer), "/seen"))
    finally:
        subprocess.run(["umount", str(outer / "below")], check=True)

    assert list(inner.iterdir()) == []


def _mounted(source: Path, target: Path) -> bool:
    return subprocess.run(["mount", "--bind", source, target], capture_output=True).returncode == 0


CONNECT = """
import socket
try:
    socket.socket(socket.AF_UNIX).connect("\\0{name}")
    print("connected")
except OSError as error:
    print(error.errno)
"""


def test_abstract_sockets_of_the_machine_are_out_of_reach(kind: SandboxKind, tmp_path: Path) -> None:
    """To a service that asks who connects, a job of root's is root."""
    abi = ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)
    if abi < 6 or (kind is SandboxKind.BUBBLEWRAP and os.geteuid() != 0):
        pytest.skip("needs Linux 6.12 with Landlock, and root for bubblewrap")
    name = f"clary-test-{os.getpid()}"
    python = Mount(sys.base_prefix, sys.base_prefix)
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(f"\0{name}")
        service.listen()

        said = look(
            kind,
            tmp_path / "root",
            f"{sys.base_prefix}/bin/python3 -c '{CONNECT.format(name=name)}'",
            python,
        )

    assert said == str(errno.EPERM)
