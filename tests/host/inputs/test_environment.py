"""An environment that is not on the machine of a host yet."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from tests.host.conftest import RunningAgent, environment, shell
from tests.host.standin import Standin

Launch = Callable[..., RunningAgent]


def fetched_by(tmp_path: Path, program: str) -> object:
    (tmp_path / "fetch.py").write_text(program)
    return replace(
        environment(), prefix="/not/here", fetch=(sys.executable, str(tmp_path / "fetch.py"), "--root", "r")
    )


def test_the_job_runs_in_what_the_command_brings(launch: Launch, standin: Standin, tmp_path: Path) -> None:
    came = json.dumps(asdict(environment()))
    program = (
        "import json, sys\n"
        "spec = json.load(open(sys.argv[3]))\n"
        "print('bringing it to', spec['host_name'], file=sys.stderr)\n"
        f"print({came!r})\n"
    )
    python = f"{environment().prefix}/bin/python"

    agent = launch(**shell(f"test -x {python} && echo $PATH"), environment=fetched_by(tmp_path, program))

    assert agent.wait()["Outcome"] == "Succeeded"
    assert "Clary: bringing the environment test-image to this node" in standin.lines
    assert "bringing it to algo-1" in standin.lines
    assert standin.lines[-1].startswith(f"{environment().prefix}/bin:")


def test_what_can_not_be_brought_is_the_reason(launch: Launch, standin: Standin, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "print('progress', 'The installation failed:', 'This node has no Python 3.12', sep='\\n', "
        "file=sys.stderr)\n"
        "sys.exit(1)\n"
    )

    agent = launch(**shell("true"), environment=fetched_by(tmp_path, program))

    assert agent.wait()["Outcome"] == "ClientError"
    assert standin.reports[-1]["Reason"] == (
        "ClientError: Bringing test-image to this node failed:\nThis node has no Python 3.12"
    )
