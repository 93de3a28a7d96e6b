from __future__ import annotations

import functools
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.forks import forks
from tests.journeys.clients import client_prefix

import clary.debugger
import clary.host
from clary.compute.environments import Catalogue, Environments, environments_root
from clary.debugger.trial import Trial, open_trial

# The same images as in the journeys, so that both use the same environments.
TORCH = "pytorch-training:2.6-cpu-py312"
XGBOOST = "sagemaker-xgboost:3.0-5"
MXNET = "mxnet-training:1.6.0-cpu-py3"
KERAS_3 = "tensorflow-training:2.19-cpu-py312"
KERAS_2 = "tensorflow-training:2.13-cpu-py310"
SITE = Path(clary.host.__file__).parent / "injected/site"
SCRIPTS = Path(__file__).parent / "scripts"
EVERYTHING = {
    "HookParameters": {"save_interval": "2"},
    "CollectionConfigurations": [
        {"CollectionName": "everything", "CollectionParameters": {"include_regex": ".*"}}
    ],
}
DEFAULT: dict[str, Any] = {"CollectionConfigurations": []}

FRAMEWORKS = {
    # The first optimizer imports the second.
    "torch": ("torch", "torch._dynamo"),
    "keras": ("tensorflow", "keras"),
    "xgboost": ("xgboost",),
}
"""What a script imports, by the beginning of its name. Other scripts begin in a new process, and so does one
that compiles its model.
"""

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}

Run = Callable[..., "Ran"]


@dataclass(frozen=True)
class Ran:
    code: int | None
    output: str
    folder: Path

    @property
    def last_weight(self) -> float:
        """The trained weight that the script prints at its end."""
        assert self.code == 0, self.output
        (line,) = [line for line in self.output.splitlines() if line.startswith("last weight")]
        return float(line.split()[-1])

    @property
    def trial(self) -> Trial:
        assert self.code == 0, self.output
        return open_trial(self.folder)

    @property
    def points(self) -> list[dict[str, Any]]:
        """The points that became metrics of the job."""
        (file,) = [path for path in self.folder.parent.glob("*.json") if path.stem.isdigit()]
        return [json.loads(line) for line in file.read_text().splitlines()]


@functools.cache
def image_python(image_uri: str) -> str:
    """The Python of an image's environment. If it does not exist, it is built, which takes minutes."""
    recipe = Catalogue.load().resolve(image_uri, gpu=False)
    environment = Environments(environments_root()).build(recipe, lambda progress: None)
    return f"{environment.prefix}/bin/python"


def client_python(name: str) -> str:
    """The Python of a client's environment, with the real smdebug. If it does not exist, it is built."""
    return str(client_prefix(name) / "bin/python")


def variables(tmp_path: Path, hook: dict[str, Any] | None) -> dict[str, str]:
    """The environment variables of a job's process, as the host agent sets them."""
    library = tmp_path / "lib"
    (library / "clary").mkdir(parents=True, exist_ok=True)
    if not (library / "clary/debugger").exists():
        (library / "clary/debugger").symlink_to(Path(clary.debugger.__file__).parent)
    config = tmp_path / "debughookconfig.json"
    if hook is not None:
        config.write_text(json.dumps({"LocalPath": str(tmp_path / "tensors"), **hook}))
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(SITE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CLARY_LIBRARY": str(library),
        "SMDEBUG_CONFIG_FILE_PATH": str(config),
        "SAGEMAKER_METRICS_DIRECTORY": str(tmp_path),
        **QUIET,
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a script in an environment as a job would, with a hook configuration or with none.

    Tests that ask for the same look at one run.
    """
    known: dict[str, Ran] = {}

    def start(
        python: str, script: str, *arguments: str, hook: dict[str, Any] | None = EVERYTHING, **more: str
    ) -> Ran:
        asked = json.dumps([python, script, arguments, hook, more])
        if asked not in known:
            folder = tmp_path_factory.mktemp("run")
            command = [str(SCRIPTS / script), *arguments]
            environ = {**variables(folder, hook), **more}
            frameworks = FRAMEWORKS.get(script.partition("_")[0], ())
            if frameworks and "compile" not in arguments:
                started = forks(python, frameworks, (("PATH", os.environ["PATH"]), *QUIET.items()))
                again = [name for name in frameworks if "." not in name]
                code, said = started.run(command, environ=environ, folder=folder, timeout_s=300, again=again)
            else:
                done = subprocess.run(
                    [python, *command], env=environ, capture_output=True, text=True, timeout=300
                )
                code, said = done.returncode, done.stdout + done.stderr
            known[asked] = Ran(code, said, folder / "tensors")
        return known[asked]

    return start


@pytest.fixture
def refer(tmp_path: Path) -> Callable[..., Trial]:
    """The trial that the real smdebug saves. changes: (text, replacement) pairs that add its hook."""

    def start(
        python: str, script: str, hook: dict[str, Any], changes: dict[str, str], *arguments: str
    ) -> Trial:
        folder = tmp_path / "reference"
        config = tmp_path / "reference.json"
        config.write_text(json.dumps({"LocalPath": str(folder), **hook}))
        source = (SCRIPTS / script).read_text()
        for text, replacement in changes.items():
            assert text in source
            source = source.replace(text, replacement)
        changed = tmp_path / script
        changed.write_text(source)
        done = subprocess.run(
            [python, str(changed), *arguments],
            env={"PATH": os.environ["PATH"], "SMDEBUG_CONFIG_FILE_PATH": str(config), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return open_trial(folder)

    return start
