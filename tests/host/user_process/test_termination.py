"""A stop reaches the script below any launcher, and the script has its time to save."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin
from tests.host.test_agent import commands

from clary.host.sandbox import SandboxKind

Launch = Callable[..., RunningAgent]
PYTHON = f"{sys.base_prefix}/bin/python3 -I -S"
SCRIPT = """
import os, signal, sys, time
def say(text):
    os.write(1, text.encode() + b"\\n")  # print can't be used in a handler that interrupts a print
def stop(*_):
    say("heard")
    time.sleep(0.6)
    open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/saved", "w").write("1")
    say("saved")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
say("up")
time.sleep(60)
"""
# Ends its script hard when it hears the signal, as torchrun does after half a minute.
LAUNCHER = """
import signal, subprocess, sys
child = subprocess.Popen(sys.argv[1:])
def stop(*_):
    child.kill()
    sys.exit(1)
signal.signal(signal.SIGTERM, stop)
child.wait()
"""
DRIVER = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
FORKED = SCRIPT.replace(
    'say("up"',
    '''worker = os.fork()
if worker == 0:
    time.sleep(60)
def lost(*_):
    if os.waitpid(worker, os.WNOHANG)[0]:
        say("worker lost")
        os._exit(1)
signal.signal(signal.SIGCHLD, lost)
say("up"''',
)
HELPED = SCRIPT.replace(
    "    time.sleep(0.6)",
    "    import subprocess; subprocess.run(['sleep', '0.9'], check=True)",
)


@pytest.mark.parametrize(
    "entry",
    [
        "{python} t.py",
        "echo begin; {python} t.py; echo after",
        "{python} t.py & wait",
        "trap 'echo exit' EXIT; {python} t.py; echo after",
        "trap 'echo term' TERM; {python} t.py; echo after",
        "{python} -c '{driver}' {python} t.py",
        "{python} torchrun {python} t.py",
        "{python} t.py | tee log",
        "bash -c '{python} t.py; true'; true",
        "{python} forked.py",
        "{python} helped.py",
    ],
)
def test_a_stop_reaches_the_script_and_waits_for_it(
    sandbox: SandboxKind, launch: Launch, standin: Standin, entry: str
) -> None:
    files = {"t.py": SCRIPT, "torchrun": LAUNCHER, "forked.py": FORKED, "helped.py": HELPED}
    written = "\n".join(f"cat > {name} <<'END'\n{text}\nEND" for name, text in files.items())
    command = entry.format(python=PYTHON, driver=DRIVER)
    bash = ("/bin/bash", "-c", f"cd $TMPDIR\n{written}\n{command}\ntrue")
    agent = launch(entrypoint=bash, stop_grace_s=30.0)
    until(lambda: "up" in standin.lines)

    agent.process.send_signal(signal.SIGTERM)

    assert agent.wait()["Outcome"] == "Stopped"
    assert [line for line in standin.lines if line in ("heard", "saved", "worker lost")] == ["heard", "saved"]


def test_a_trap_runs_though_its_shell_waits_for_a_command(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    agent = launch(
        **shell("trap 'echo bye; exit 0' TERM; echo up; sleep 5678.9; echo not reached"), stop_grace_s=30.0
    )
    until(lambda: b"sleep\0005678.9\0" in commands())

    agent.process.send_signal(signal.SIGTERM)

    agent.wait()
    # Some shells say "Terminated" of the command, before or after.
    assert "bye" in standin.lines, standin.lines
    assert "not reached" not in standin.lines


def test_what_does_not_save_ends_at_once(sandbox: SandboxKind, launch: Launch, standin: Standin) -> None:
    agent = launch(**shell("sleep 60 & echo up; sleep 60; true"), stop_grace_s=60.0)
    until(lambda: "up" in standin.lines)

    agent.process.send_signal(signal.SIGTERM)

    agent.wait(timeout_s=90.0)
    assert standin.reports[-1]["Outcome"] == "Stopped"


def test_the_time_for_saving_ends(
    sandbox: SandboxKind, launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    script = SCRIPT.replace("time.sleep(0.6)", "time.sleep(60)")
    agent = launch(entrypoint=(*PYTHON.split(), "-c", script), stop_grace_s=0.5)
    until(lambda: "up" in standin.lines)

    agent.process.send_signal(signal.SIGTERM)

    agent.wait()
    assert standin.lines[-1] == "heard"
    assert standin.reports[-1]["ExitCode"] == 137
