"""The start of a container: from the request to its first line, beside Podman's and Docker's own commands."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from tests.engine import missing, running_engine

from bench.harness.jobs import FIRST_LINE, Jobs
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.engine import TestEngine

    from bench.harness.bench import Bench

TURNS = 8

FIRST, DONE = "to the program's first line", "to its end, as a client sees it"
BARE, OWN_NETWORK, DOCKER = "podman run", "podman run, in a network of its own", "docker run, same engine"
PROGRAM = ("python3", "-u", "-c", FIRST_LINE.strip())

Seen = tuple[float, float]
"""The seconds to the first line, and to the end."""


def measure(bench: Bench) -> Result:
    result = Result("Start of a container (image in the engine, a program that prints a line)")
    if reason := missing():
        result.notes.append(f"not measured: {reason}")
        return result
    with running_engine(bench.folder / "engine") as engine:
        settings = {"CLARY_COMPUTE": "container", "DOCKER_HOST": engine.address}
        with clary_server(bench.folder, settings) as served:
            contestants = {CLARY: _clary_turn(Jobs.on(served), engine)}
            if bench.with_peers:
                run = (*engine.command, "run", "--rm")
                contestants[BARE] = lambda: _run([*run, engine.image, *PROGRAM], engine.environ)
                contestants[OWN_NETWORK] = lambda: _in_a_network(engine)
                if shutil.which("docker"):
                    command = ["docker", "run", "--rm", engine.image, *PROGRAM]
                    contestants[DOCKER] = lambda: _run(command, {**os.environ, "DOCKER_HOST": engine.address})
            for turn in contestants.values():
                turn()  # the first one reads files that are not in memory yet
            found = bench.in_turns(contestants, result.notes, rounds=TURNS)
    for who, seen in found.items():
        result.add(FIRST, who, "s", [first for first, _ in seen])
        result.add(DONE, who, "s", [done for _, done in seen])
    own, bare = result.median(FIRST), result.median(FIRST, OWN_NETWORK)
    if own is not None and bare is not None:
        result.budget_at_most("first line within 0.3 s of podman's, network made", own - bare, 0.3, "s")
    result.notes.append("Clary makes and removes a network for each job; podman run uses one that is there")
    return result


def _clary_turn(jobs: Jobs, engine: TestEngine) -> Callable[[], Seen]:
    names = (f"start-{number}" for number in itertools.count())
    algorithm = {
        "TrainingImage": engine.image,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": list(PROGRAM[:1]),
        "ContainerArguments": list(PROGRAM[1:]),
    }

    def turn() -> Seen:
        name = next(names)
        request = {**jobs.request(name, {}), "AlgorithmSpecification": algorithm}
        began = time.time()
        jobs.sagemaker.create_training_job(**request)
        jobs.wait(name)
        ended = time.time()
        seen = jobs.first_line_at(name) - began, ended - began
        # Podman holds what others want of its networks back while it removes one.
        while engine.left():
            time.sleep(0.01)
        return seen

    return turn


def _in_a_network(engine: TestEngine) -> Seen:
    """What a job gets: a network that is made before, and removed afterwards."""
    began = time.time()
    _checked([*engine.command, "network", "create", "bench"], engine.environ)
    command = [*engine.command, "run", "--rm", "--network", "bench", engine.image, *PROGRAM]
    printed = _checked(command, engine.environ)
    _checked([*engine.command, "network", "rm", "bench"], engine.environ)
    return _first_line(printed) - began, time.time() - began


def _run(command: Sequence[str], environ: Mapping[str, str]) -> Seen:
    began = time.time()
    printed = _checked(command, environ)
    return _first_line(printed) - began, time.time() - began


def _checked(command: Sequence[str], environ: Mapping[str, str]) -> str:
    ended = subprocess.run(command, env=dict(environ), capture_output=True, text=True, timeout=120)
    if ended.returncode != 0:
        raise RuntimeError(f"{command} ended with {ended.returncode}:\n{ended.stderr[-3000:]}")
    return ended.stdout


def _first_line(printed: str) -> float:
    line = next(line for line in printed.splitlines() if line.startswith("first line "))
    return float(line.split()[-1])
