"""Machines on this machine: each has its own network address, processes and folders.

    this machine ── 10.199.N.1 ──┐
                                 switch ──┬── machine-1  10.199.N.11
                                          ├── machine-2  10.199.N.12
                                          └── ...

A machine is a process in namespaces of its own (network, mount, pid, UTS, IPC). When that process is killed,
the kernel ends every process of the machine and removes its network, as if the power had gone. It is killed
when the process that made it ends, in any way. So nothing has names in ``ip netns``, and nothing is left:
a janitor, which waits for the end of its parent, removes the folders and control groups.

A machine sees the software of this one. Its /tmp, its /dev/shm, and the folders that ``own`` names are its
own.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.machine_groups import make_groups, parents_of_groups
from bench.harness.machine_network import plug, switched
from bench.harness.processes import clean_environ

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROGRAMS = ("ip", "unshare", "nsenter", "setpriv", "mount")
NAMESPACES = ("--net", "--mount", "--pid", "--uts", "--ipc")
HELPERS = Path(__file__).parent
COMMAND_S = 30.0


def missing() -> str:
    """Returns why no machines can be made here; empty when they can."""
    if sys.platform != "linux":
        return "machines are made of Linux namespaces"
    if os.geteuid() != 0:
        return "machines in network namespaces need root"
    for program in PROGRAMS:
        if shutil.which(program) is None:
            return f"{program} is not installed: apt-get install iproute2 util-linux"
    tried = subprocess.run(
        ["unshare", *NAMESPACES, "--fork", "ip", "link", "set", "lo", "up"], capture_output=True
    )
    return (
        ""
        if tried.returncode == 0
        else f"namespaces can't be made: {tried.stderr.decode(errors='replace').strip()}"
    )


@dataclass(slots=True)
class Machine:
    """One machine. folder: where its own folders are, as this machine sees them."""

    name: str
    address: str
    folder: Path
    groups: tuple[str, ...]
    own: tuple[str, ...]
    shown: tuple[str, ...]
    _power: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _programs: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    def start(
        self, command: Sequence[str | Path], *, environ: Mapping[str, str], log: str
    ) -> subprocess.Popen[bytes]:
        """Starts a program on the machine. log: name of the file in ``folder`` for what it prints.

        It ends with the machine, and when the returned process is killed. Send other signals by ``signal``.
        """
        with (self.folder / log).open("ab") as output:
            program = subprocess.Popen(
                self._entered(command),
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._programs.append(program)
        return program

    def run(
        self,
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str] | None = None,
        timeout_s: float = COMMAND_S,
    ) -> str:
        """Runs a program on the machine to its end and returns what it printed. Raises CalledProcessError."""
        environ = clean_environ() if environ is None else dict(environ)
        return subprocess.run(
            self._entered(command), env=environ, capture_output=True, text=True, check=True, timeout=timeout_s
        ).stdout

    def own_path(self, path: Path | str) -> Path:
        """Returns where this machine sees a file that the machine has at ``path``, in a folder of its own."""
        place = Path(path)
        inner = next(Path(folder) for folder in self.own if place.is_relative_to(folder))
        return self.folder / f"own{inner}" / place.relative_to(inner)

    @property
    def is_on(self) -> bool:
        return self._power is not None and self._power.poll() is None

    @property
    def pid(self) -> int:
        """The id, on this machine, of the machine's process 1."""
        assert self._power is not None, f"{self.name} is off"
        return child_of(self._power.pid)

    def power_on(self) -> None:
        """Starts the machine, without a network. Its folders are as they were."""
        script = ["set -e", f"hostname {self.name}", "mount -t tmpfs -o mode=1777 shm /dev/shm"]
        for target in self.own:
            source = self.folder / f"own{target}"
            source.mkdir(parents=True, exist_ok=True)
            source.chmod(0o1777)
            Path(target).mkdir(parents=True, exist_ok=True)
            for path in self.shown:
                if Path(path).is_relative_to(target):
                    place = source / Path(path).relative_to(target)
                    place.mkdir(parents=True, exist_ok=True)
                    script.append(f"mount --rbind {shlex.quote(path)} {shlex.quote(str(place))}")
            script.append(f"mount --rbind {shlex.quote(str(source))} {shlex.quote(target)}")
        first = [sys.executable, "-I", "-S", "-c", (HELPERS / "machine_first.py").read_text()]
        script.append(f"exec {shlex.join(first)}")
        command = [
            "unshare",
            *NAMESPACES,
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-c",
            "\n".join(script),
        ]
        with (self.folder / "machine.log").open("ab") as log:
            self._power = subprocess.Popen(
                _joined(self.groups, command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
            )
        assert self._power.stdout is not None
        if self._power.stdout.readline() != b"on\n":
            raise RuntimeError(f"{self.name} does not start: {(self.folder / 'machine.log').read_text()}")

    def power_off(self) -> None:
        """Ends everything on the machine at once, and its network."""
        if self._power is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child_of(self._power.pid), signal.SIGKILL)
            self._power.kill()
            self._power.wait()
            for program in self._programs:
                program.wait()
            self._programs.clear()
            assert self._power.stdout is not None
            self._power.stdout.close()
            self._power = None

    def _entered(self, command: Sequence[str | Path]) -> list[str]:
        enter = ["nsenter", "--target", str(self.pid), *NAMESPACES, "--wd=/"]
        return _joined(self.groups, [*enter, "setpriv", "--pdeathsig", "KILL", *map(str, command)])


@dataclass(slots=True)
class Machines:
    """Machines with one network. address: this machine, as they see it."""

    address: str
    all: list[Machine]
    _switch: Machine

    def __getitem__(self, number: int) -> Machine:
        return self.all[number]

    def power_on(self, machine: Machine) -> None:
        """Starts a machine again with its address and its folders, after ``Machine.power_off``."""
        machine.power_on()
        plug(machine.pid, self._switch.pid, machine.address)


@contextlib.contextmanager
def machines(
    count: int, *, own: Sequence[str | Path] = (), shown: Sequence[str | Path] = ()
) -> Iterator[Machines]:
    """Makes machines, and ends them. Call it in the thread that lives longest: they end with their thread.

    own: further folders that each machine has its own of, empty at first. shown: folders of this machine that
    they see though one of their own hides them; the running Python and this source are among them.
    """
    folder = Path(tempfile.mkdtemp(prefix="clary-machines-"))
    janitor = subprocess.Popen(
        [sys.executable, "-I", "-S", HELPERS / "machine_janitor.py", folder, *parents_of_groups(folder.name)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    made: list[Machine] = []
    try:
        visible = [*shown, HELPERS.parent.parent, sys.prefix, sys.base_prefix]
        folders = tuple(sorted({"/tmp", *map(str, own)}))
        for name, address in [
            ("switch", ""),
            *((f"machine-{number + 1}", str(11 + number)) for number in range(count)),
        ]:
            place = folder / name
            place.mkdir()
            groups = make_groups(folder.name, name)
            paths = tuple(str(Path(path).absolute()) for path in visible)
            made.append(Machine(name, address, place, groups, folders if address else (), paths))
            made[-1].power_on()
        with switched(made[0].pid) as network:
            found = Machines(f"{network}.1", made[1:], made[0])
            for machine in found.all:
                machine.address = f"{network}.{machine.address}"
                plug(machine.pid, made[0].pid, machine.address)
            yield found
    finally:
        for machine in reversed(made):
            machine.power_off()
        assert janitor.stdin is not None
        janitor.stdin.close()
        janitor.wait()


def child_of(pid: int) -> int:
    """Returns the one child of a process. Raises ProcessLookupError."""
    try:
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    except (OSError, IndexError):
        raise ProcessLookupError(f"process {pid} has no child") from None


def signal_program(program: subprocess.Popen[bytes], number: int) -> None:
    """Sends a signal to a program that ``Machine.start`` has started, if it still runs."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child_of(program.pid), number)


def _joined(groups: Sequence[str], command: Sequence[str]) -> list[str]:
    """Returns a command that joins control groups, and ends with its parent."""
    joins = [f"echo $$ > {shlex.quote(group)}/cgroup.procs" for group in groups]
    return ["setpriv", "--pdeathsig", "KILL", "sh", "-c", "; ".join([*joins, 'exec "$@"']), "sh", *command]
