from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from tests.host.standin import Standin

import clary
from clary.domain.hosts import (
    AgentCredentials,
    Endpoint,
    EnvironmentSpec,
    HostSpec,
    TrainingSpec,
    WorkloadSpec,
)
from clary.host.bounds import NOTE, forget_groups
from clary.host.sandbox import SandboxKind, probe

SOURCE = str(Path(clary.__file__).parent.parent)

# Like a fork of the forker that becomes an agent, with the log and variables of this process.
START = """
import os, sys
sys.path.insert(0, {source!r})
from pathlib import Path
from clary.host.forker import become_agent
variables = os.open("/proc/self/environ", os.O_RDONLY)
become_agent(Path(sys.argv[-1]), os.open("/dev/null", os.O_RDONLY), os.dup(2), variables)
"""


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[Standin]:
    stored = tmp_path / "stored"
    stored.mkdir()
    server = Standin(folder=stored).start()
    yield server
    server.stop()


@functools.cache
def works(kind: SandboxKind) -> bool:
    return kind is SandboxKind.NONE or probe((kind,)).kind is kind


PRIVATE = (SandboxKind.BUBBLEWRAP, SandboxKind.UNSHARE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that starts an agent in each kind of sandbox, also when the test does not ask for it."""
    if "launch" in metafunc.fixturenames and "sandbox" not in metafunc.fixturenames:
        metafunc.parametrize("private", PRIVATE, indirect=True, ids=lambda kind: str(kind.value))


@pytest.fixture
def private(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    kind: SandboxKind | None = getattr(request, "param", None)
    if kind is None:
        return  # the test's own ``sandbox`` decides
    if not works(kind):
        pytest.skip(f"{kind.value} does not work on this machine; `clary doctor` says why")
    monkeypatch.setenv("CLARY_SANDBOX", kind.value)


@pytest.fixture(params=list(SandboxKind), ids=lambda kind: str(kind.value))
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SandboxKind:
    """Each kind of sandbox that works here, and none."""
    kind: SandboxKind = request.param
    if not works(kind):
        pytest.skip(f"{kind.value} does not work on this machine; `clary doctor` says why")
    monkeypatch.setenv("CLARY_SANDBOX", kind.value)
    return kind


def environment() -> EnvironmentSpec:
    """The Python that runs the tests, as an environment without packages."""
    base = Path(sys.base_prefix)
    return EnvironmentSpec(name="test-image", prefix=str(base), readable=())


TRAINING = TrainingSpec(
    model_uri="s3://out/job/output/model.tar.gz", output_data_uri="s3://out/job/output/output.tar.gz"
)


def make_spec(standin: Standin, workload: WorkloadSpec = TRAINING, **changes: Any) -> HostSpec:
    """changes: of the spec, or of its workload's part."""
    common = {field.name for field in fields(HostSpec)}
    own = {name: value for name, value in changes.items() if name not in common}
    spec = HostSpec(
        job_name="job",
        job_arn="arn:aws:sagemaker:us-east-1:000000000000:training-job/job",
        host_name="algo-1",
        hosts={"algo-1": "127.9.0.1", "algo-2": "127.9.0.2"},
        instance_type="ml.m5.large",
        cpus=2,
        memory_bytes=1 << 30,
        gpus=0,
        endpoint=Endpoint(standin.url, "us-east-1", "000000000000", str(standin.folder or "")),
        agent_credentials=AgentCredentials("AKHOST", "secret", "token"),
        role_arn="arn:aws:iam::000000000000:role/trainer",
        environment=environment(),
        config_files={"hyperparameters.json": {}, "resourceconfig.json": {"current_host": "algo-1"}},
        workload=replace(workload, **own),  # type: ignore[type-var]
        log_group="/aws/sagemaker/TrainingJobs",
        log_stream="job/algo-1-1",
        stop_grace_s=5.0,
    )
    return replace(spec, **{name: value for name, value in changes.items() if name in common})


def shell(script: str) -> dict[str, Any]:
    """Returns the changes of a spec that make it run a shell script."""
    return {"entrypoint": ("/bin/sh", "-c", script)}


class RunningAgent:
    """A real agent process with a host's folder."""

    def __init__(self, folder: Path, spec: HostSpec, prefix: Sequence[str] = ()) -> None:
        """prefix: of its command."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        (folder / "spec.json").write_text(spec.to_json())
        with (folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-I", "-S", "-c", START.format(source=SOURCE), str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self, timeout_s: float = 120.0) -> dict[str, Any]:
        """Returns the content of ``exit.json``; fails with the agent's log if the agent fails."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the agent goes on: {self.log}")
        assert code == 0, self.log
        exit_: dict[str, Any] = json.loads((self.folder / "exit.json").read_text())
        return exit_

    @property
    def log(self) -> str:
        return (self.folder / "agent.log").read_text()


@pytest.fixture
def launch(private: None, tmp_path: Path, standin: Standin) -> Iterator[Callable[..., RunningAgent]]:
    """Starts agents; kills those that a test leaves running."""
    agents: list[RunningAgent] = []

    def start(**changes: Any) -> RunningAgent:
        agents.append(RunningAgent(tmp_path / f"host-{len(agents)}", make_spec(standin, **changes)))
        return agents[-1]

    yield start
    for agent in agents:
        if agent.process.poll() is None:
            agent.process.kill()
        agent.process.wait()
        forget_groups(agent.folder / NOTE)


def until(fact: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Waits for an effect of another process; fails when it does not happen in time."""
    deadline = time.monotonic() + timeout_s
    while not fact():
        if time.monotonic() > deadline:
            pytest.fail("it did not happen in time")
        os.sched_yield()
        time.sleep(0.01)
