"""The machines that tests and measurements of a cluster run on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench.harness import machines as made
from bench.harness.machine_groups import cpu_s, parents_of_groups
from bench.harness.machines import Machines, machines, signal_program
from bench.harness.processes import clean_environ

pytestmark = pytest.mark.skipif(bool(made.missing()), reason=made.missing())

SERVE = """
import socket
server = socket.create_server(("", 7000))
print("on", flush=True)
server.accept()[0].sendall(b"hello")
"""
ASK = "import socket, sys; print(socket.create_connection((sys.argv[1], 7000), timeout=60).recv(9).decode())"


@pytest.fixture(scope="module")
def pair() -> Iterator[Machines]:
    with machines(2, own=["/srv"]) as found:
        yield found


def test_they_reach_each_other_by_address(pair: Machines) -> None:
    server = pair[1].start(["python3", "-c", SERVE], environ=clean_environ(), log="server.log")
    until(lambda: b"on" in (pair[1].folder / "server.log").read_bytes())

    assert pair[0].run(["python3", "-c", ASK, pair[1].address]).strip() == "hello"
    assert server.wait(90) == 0


def test_a_folder_of_its_own_is_seen_by_one_machine_only(pair: Machines) -> None:
    pair[0].run(["sh", "-c", "echo mine > /tmp/note; echo mine > /srv/note"])

    assert pair[1].run(["sh", "-c", "ls /srv; ls /tmp | grep note || true"]) == ""
    assert pair[0].own_path("/srv/note").read_text() == "mine\n"
    assert not Path("/srv/note").exists()


def test_without_power_its_programs_end_and_its_files_stay(pair: Machines) -> None:
    orphan = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(600)"
    pair[0].run(["sh", "-c", f'echo kept > /srv/kept; python3 -c "{orphan}" > /dev/null 2>&1'])
    assert pair[0].run(["pgrep", "--full", "sleep.60[0]"]).strip()

    pair[0].power_off()

    assert not pair[0].is_on
    pair.power_on(pair[0])
    assert pair[0].run(["sh", "-c", "pgrep --full 'sleep.60[0]' || cat /srv/kept"]) == "kept\n"
    assert pair[0].address in pair[0].run(["ip", "-brief", "address"])


def test_a_program_gets_the_signals_that_are_sent_to_it(pair: Machines) -> None:
    script = "import signal, sys; print('on', flush=True); sys.exit(40 + signal.sigwait({signal.SIGTERM}))"
    block = f"import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGTERM}}); {script}"
    program = pair[0].start(["python3", "-c", block], environ=clean_environ(), log="waits.log")
    until(lambda: b"on" in (pair[0].folder / "waits.log").read_bytes())

    signal_program(program, signal.SIGTERM)

    assert program.wait(90) == 40 + signal.SIGTERM


def test_its_processors_are_counted(pair: Machines) -> None:
    before_s = cpu_s(pair[1].groups)

    pair[1].run(["python3", "-c", "sum(range(4_000_000))"])

    assert cpu_s(pair[1].groups) > before_s


def test_nothing_is_left_when_what_made_them_is_killed() -> None:
    script = (
        "from bench.harness.machines import machines\n"
        "with machines(1) as made:\n"
        "    made[0].start(['sleep', '600'], environ={'PATH': '/usr/bin:/bin'}, log='sleep.log')\n"
        "    print(made[0].folder.parent, made[0].pid, made.address, flush=True)\n"
        "    import time; time.sleep(600)\n"
    )
    maker = subprocess.Popen(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    )
    assert maker.stdout is not None
    folder, first, address = maker.stdout.readline().split()
    groups = parents_of_groups(Path(folder).name)
    assert Path(f"/proc/{first}").exists()

    maker.kill()
    maker.wait()
    maker.stdout.close()

    until(lambda: not any(map(os.path.exists, [folder, f"/proc/{first}", *groups])))
    until(lambda: address not in subprocess.run(["ip", "addr"], capture_output=True, text=True).stdout)


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)
