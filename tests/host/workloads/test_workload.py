"""How a host finds its workload, and what all workloads have in common."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, ClassVar, Self

import pytest
from tests.host.conftest import SOURCE, RunningAgent, make_spec, until
from tests.host.standin import Standin

from clary.compute.backends.process import ProcessBackend
from clary.compute.contract import until_over
from clary.host import workloads
from clary.host.workloads.workload import find_workload

NAMES = [module.name for module in iter_modules(workloads.__path__) if module.name != "workload"]

STAYING = '''
"""Counts until it is stopped. It exists in the tests only."""

from dataclasses import dataclass
from typing import ClassVar

from clary.domain.hosts import Phase
from clary.host.user_job import Program, run_user_job
from clary.host.user_process.variables import variables_of
from clary.host.result.result import training_result
from clary.host.workloads.workload import Workload


@dataclass(frozen=True, slots=True)
class Spec:
    name: ClassVar[str] = "staying"
    word: str

    @classmethod
    def from_document(cls, document):
        return cls(**document)


class Staying:
    phase, metric_definitions = Phase.RUNNING, ()

    def __init__(self, agent, setup):
        self.agent, self.setup = agent, setup

    def stage(self, source):
        return self.agent.spec.environment

    def program(self, environment):
        spec = self.agent.spec
        script = f"ls $SAGEMAKER_BASE_DIR; trap 'echo ended; exit 0' TERM; echo {spec.workload.word}; "
        variables = variables_of(spec, environment, self.setup.paths, noun="TRAINING")
        command = ["/bin/sh", "-c", script + "while :; do sleep 0.05; done"]
        return Program(command, variables, "/")

    def started(self, pid):
        pass

    def result(self, ended, command):
        return training_result(ended, self.agent.layout, command)

    def deliver(self):
        pass

    def complete(self, result):
        return result

    def close(self):
        self.agent.say("closed")


def run(spec, layout, switch):
    return run_user_job(spec, layout, switch, Staying)


WORKLOAD = Workload(Spec, ("served",), "configuration", run)
'''


@dataclass(frozen=True, slots=True)
class StayingSpec:
    name: ClassVar[str] = "staying"
    word: str = ""

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        return cls(**document)


@pytest.mark.parametrize("name", NAMES)
def test_a_workload_is_named_as_its_file(name: str) -> None:
    assert find_workload(name).spec.name == name


def test_there_are_the_workloads_of_all_jobs() -> None:
    assert {"training", "processing", "evaluation"} <= set(NAMES)


@pytest.mark.parametrize("name", ["nothing", "workload", "..main", "os", "", "__init__", "training.x"])
def test_what_is_no_workload_is_not_found(name: str) -> None:
    with pytest.raises(LookupError):
        find_workload(name)


def test_a_workload_whose_own_import_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text("import a_module_that_nobody_has")
    monkeypatch.setattr(workloads, "__path__", [*workloads.__path__, str(tmp_path)])

    with pytest.raises(ModuleNotFoundError, match="a_module_that_nobody_has"):
        find_workload("broken")


def test_a_workload_of_another_folder_runs_until_it_is_stopped(
    launch: Callable[..., RunningAgent], standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "workloads"
    folder.mkdir()
    (folder / "staying.py").write_text(STAYING)
    monkeypatch.setenv("CLARY_WORKLOADS", str(folder))

    agent = launch(workload=StayingSpec(), word="hello", max_runtime_s=float("inf"))
    until(lambda: "hello" in standin.lines)
    agent.process.send_signal(signal.SIGTERM)

    assert agent.wait()["Outcome"] == "Stopped"
    assert standin.lines[:4] == ["configuration", "metadata", "served", "hello"]
    assert standin.lines[-2:] == ["ended", "closed"]
    assert [phase["Phase"] for phase in standin.reports[-1]["Phases"]] == [
        "Starting",
        "Downloading",
        "Running",
        "Uploading",
        "Done",
    ]


def test_the_real_backend_starts_a_workload_of_another_folder(
    private: None, standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "workloads"
    folder.mkdir()
    (folder / "staying.py").write_text(STAYING)
    monkeypatch.setenv("CLARY_WORKLOADS", str(folder))
    backend = ProcessBackend(tmp_path / "hosts")
    spec = make_spec(standin, StayingSpec(), word="hello", max_runtime_s=float("inf"))
    try:
        handle = asyncio.run(backend.launch("host", spec))
        until(lambda: "hello" in standin.lines)
        asyncio.run(backend.stop(handle))
        asyncio.run(until_over(backend, handle))
    finally:
        backend.close()

    assert standin.reports[-1]["Outcome"] == "Stopped"


def test_only_what_the_workload_needs_is_imported() -> None:
    program = (
        f"import sys; sys.path.insert(0, {SOURCE!r}); import clary.host.main;"
        "from clary.host.workloads.workload import find_workload; find_workload('processing');"
        "print(*(name for name in sys.modules if name.startswith('clary.host.')))"
    )
    command = [sys.executable, "-I", "-S", "-c", program]

    modules = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    assert "clary.host.workloads.processing" in modules
    assert not [name for name in modules if name.endswith((".training", ".evaluation", ".profiler"))]
