"""Sources that contain packages and their build systems: no index is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from tests.journeys.jobs import Jobs, packed
from tests.journeys.server import Server, wait_for

BACKEND = b"""
import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = open('name').read()
    os.makedirs(name + '.egg-info')
    info = name + '-1.0.dist-info/'
    files = {name + '/__init__.py': 'V = 42', info + 'WHEEL': 'Wheel-Version: 1.0\\nGenerator: t\\n'
             'Root-Is-Purelib: true\\nTag: py3-none-any\\n',
             info + 'METADATA': 'Metadata-Version: 2.1\\nName: %s\\nVersion: 1.0\\n' % name}
    files[info + 'RECORD'] = ''.join(file + ',,\\n' for file in files)
    with zipfile.ZipFile(folder + '/' + name + '-1.0-py3-none-any.whl', 'w') as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return name + '-1.0-py3-none-any.whl'
"""
PROJECT = b"""[project]
name = "%s"
version = "1.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def project(name: str, folder: str = "") -> dict[str, bytes]:
    """A package whose build writes beside its source, as setuptools does."""
    return {
        f"{folder}pyproject.toml": PROJECT % name.encode(),
        f"{folder}backend.py": BACKEND,
        f"{folder}name": name.encode(),
    }


@pytest.mark.parametrize(
    ("program", "module", "files"),
    [
        ("train.py", "itself", project("itself")),
        ("src/deep/train.py", "itself", project("itself")),
        ("train.py", "beside", {**project("beside", "libs/pkg/"), "requirements.txt": b"./libs/pkg\n"}),
        (
            "train.py",
            "beside",
            {**project("beside", "libs/pkg/"), "requirements.txt": "-e ./libs/pkg\r\n".encode("utf-16")},
        ),
    ],
    ids=["at the top", "entry in the package", "folder", "editable, in utf-16"],
)
def test_a_source_brings_its_packages(
    jobs: Jobs, server: Server, program: str, module: str, files: Mapping[str, bytes]
) -> None:
    script = f"import {module}; print('found', {module}.V)".encode()
    request = jobs.request("counting.py")
    address = jobs.upload(f"sources/{module}.tar.gz", packed({**files, program: script}))
    request["HyperParameters"] |= {
        "sagemaker_submit_directory": json.dumps(address),
        "sagemaker_program": json.dumps(program),
    }
    name = jobs.submit(request)

    job = jobs.wait(name)

    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert jobs.log(name)[-1] == "found 42"
    wait_for(
        lambda: f"{module}==1.0" in server.command("show", name, "--packages").stdout.splitlines(),
        "the package to be in the list of the job's packages",
    )
