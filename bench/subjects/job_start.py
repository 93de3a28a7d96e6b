"""The time from the request to the script's first line, and to the end of a script that only prints it."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from bench.harness.bench import run_client
from bench.harness.jobs import FIRST_LINE, Jobs
from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ
from bench.harness.ray_head import ray_head
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.harness.bench import Bench

TURNS = 8
SLOW_TURNS = 3

FIRST, DONE = "to the script's first line", "to its end, as a client sees it"
BARE, TOOLKIT = "bare python script.py", "AWS's sagemaker-training"
RAY, RAY_COMMAND = "Ray, from a warm client", "ray job submit"

Seen = tuple[float, float]
"""The seconds to the first line, and to the end."""


def measure(bench: Bench) -> Result:
    result = Result("Start of a job (empty script, environment ready)")
    script = bench.folder / "script.py"
    script.write_text(FIRST_LINE)
    with clary_server(bench.folder) as served:
        turn = _clary_turn(Jobs.on(served))
        turn()  # the first one builds the environment where it is missing
        contestants = {CLARY: turn, BARE: lambda: _bare([sys.executable, str(script)], clean_environ())}
        if bench.with_peers:
            contestants[TOOLKIT] = lambda: _toolkit(bench.folder / "toolkit", script)
        found = bench.in_turns(contestants, result.notes, rounds=TURNS)
    if bench.with_peers:
        with contextlib.ExitStack() as stack:
            # A head that takes no jobs still takes CPU: it is up only for its own turns.
            found |= bench.in_turns({RAY: lambda: _ray(stack, bench.folder, script)}, result.notes, rounds=1)
            if RAY in found:
                found[RAY] = [_ray(stack, bench.folder, script) for _ in range(SLOW_TURNS)]
                found[RAY_COMMAND] = [_ray_command(stack, bench.folder, script) for _ in range(SLOW_TURNS)]
    for who, seen in found.items():
        result.add(FIRST, who, "s", [first for first, _ in seen])
        result.add(DONE, who, "s", [done for _, done in seen])

    own, bare = result.median(FIRST), result.median(FIRST, BARE)
    if own is not None and bare is not None:
        result.budget_at_most("first line under 0.3 s over bare Python", own - bare, 0.3, "s")
    result.budget_at_most("Completed under 0.6 s", result.median(DONE), 0.6, "s")
    result.notes.append(
        "Clary's end is seen by a client that asks every 20 ms; Ray's by one that asks every 50 ms"
    )
    return result


def _clary_turn(jobs: Jobs) -> Callable[[], Seen]:
    script = jobs.send_script("first-line", FIRST_LINE)
    names = (f"start-{number}" for number in itertools.count())

    def turn() -> Seen:
        name = next(names)
        began = time.time()
        jobs.run(name, script)
        ended = time.time()
        return jobs.first_line_at(name) - began, ended - began

    return turn


def _bare(command: list[str], environ: dict[str, str]) -> Seen:
    began = time.time()
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
    done = time.time() - began
    if ended.returncode != 0:
        raise RuntimeError(f"{command} ended with {ended.returncode}:\n{ended.stderr[-3000:]}")
    return _first_line(ended.stdout) - began, done


def _first_line(printed: str) -> float:
    line = next(line for line in printed.splitlines() if "first line " in line)
    return float(line.rpartition("first line ")[2].split()[0])


def _toolkit(base: Path, script: Path) -> Seen:
    """Runs the toolkit's ``train``. An environment variable names a folder with SageMaker's layout."""
    binaries = peer_environment("sagemaker-training")
    config = base / "input" / "config"
    code = base / "code"
    for folder in (config, code, base / "output", base / "model"):
        folder.mkdir(parents=True, exist_ok=True)
    (code / "script.py").write_text(script.read_text())
    hyperparameters = {"sagemaker_program": "script.py", "sagemaker_submit_directory": str(code)}
    documents = {
        "hyperparameters.json": {name: json.dumps(value) for name, value in hyperparameters.items()},
        "inputdataconfig.json": {},
        # A name that resolves: the toolkit waits for its hosts' names.
        "resourceconfig.json": {
            "current_host": "localhost",
            "hosts": ["localhost"],
            "network_interface_name": "lo",
        },
    }
    for name, document in documents.items():
        (config / name).write_text(json.dumps(document))
    path = f"{binaries}:{clean_environ()['PATH']}"
    environ = {**clean_environ(), "SAGEMAKER_BASE_DIR": str(base), "AWS_REGION": "us-east-1", "PATH": path}
    return _bare([str(binaries / "train")], environ)


def _ray(stack: contextlib.ExitStack, folder: Path, script: Path) -> Seen:
    head = ray_head(stack, folder)
    command = f"{sys.executable} {script}"
    found = run_client(
        "ray_jobs.py", head.environ, python=head.python, address=head.address, command=command, count=1
    )
    return found["first_line_s"], found["done_s"]


def _ray_command(stack: contextlib.ExitStack, folder: Path, script: Path) -> Seen:
    head = ray_head(stack, folder)
    submit = [str(head.python.parent / "ray"), "job", "submit", "--address", head.address]
    return _bare([*submit, "--", sys.executable, str(script)], head.environ)
