"""Archives and names that try to write outside their folder."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.journeys.jobs import Jobs, packed
from tests.journeys.server import Server


def climbing(archive: tarfile.TarFile) -> None:
    _add(archive, "../../../../../../tmp/clary-escaped.txt")


def absolute(archive: tarfile.TarFile) -> None:
    _add(archive, "/tmp/clary-escaped.txt")


def through_a_link(archive: tarfile.TarFile) -> None:
    link = tarfile.TarInfo("outside")
    link.type, link.linkname = tarfile.SYMTYPE, "/tmp"
    archive.addfile(link)
    _add(archive, "outside/clary-escaped.txt")


def through_a_hard_link(archive: tarfile.TarFile) -> None:
    link = tarfile.TarInfo("passwords")
    link.type, link.linkname = tarfile.LNKTYPE, "/etc/passwd"
    archive.addfile(link)


def a_device(archive: tarfile.TarFile) -> None:
    device = tarfile.TarInfo("disk")
    device.type, device.devmajor, device.devminor = tarfile.BLKTYPE, 8, 0
    archive.addfile(device)


@pytest.mark.parametrize("make", [climbing, absolute, through_a_link, through_a_hard_link, a_device])
def test_a_hostile_archive_fails_its_job_and_writes_nothing_outside(
    jobs: Jobs, server: Server, make: Callable[[tarfile.TarFile], None]
) -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        _add(archive, "counting.py", b"print('ran')")
        make(archive)
    request = jobs.request("counting.py")
    address = jobs.upload(f"hostile/{make.__name__}.tar.gz", target.getvalue())
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(address)

    job = jobs.wait(jobs.submit(request))

    assert job["TrainingJobStatus"] == "Failed"
    assert address in job["FailureReason"]
    assert not Path("/tmp/clary-escaped.txt").exists()
    assert not [folder for folder, _, files in os.walk(server.home) if "clary-escaped.txt" in files]


@pytest.mark.parametrize(
    "line",
    [
        "-r {home}/credentials.json",
        "a @ file://{home}/credentials.json",
        "--index-url file://{home}",
        "--index-url https://127.0.0.1:9/${{AWS_SECRET_ACCESS_KEY}}",
    ],
)
def test_requirements_read_nothing_of_the_machine(jobs: Jobs, server: Server, line: str) -> None:
    request = jobs.request("counting.py")
    asked = line.format(home=server.home).encode()
    address = jobs.upload("hostile/asking.tar.gz", packed({"counting.py": b"", "requirements.txt": asked}))
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(address)

    job = jobs.wait(jobs.submit(request))

    assert job["FailureReason"].startswith(
        "ClientError: Installing requirements.txt failed:\nrequirements.txt: "
    )
    assert line.format(home=server.home) in job["FailureReason"]


def test_a_path_of_a_channel_leads_to_no_archive_of_the_machine(
    jobs: Jobs, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "private.tar.gz").write_bytes(packed({"counting.py": b"print('of somebody else')"}))
    request = jobs.request("counting.py", inputs={"data": jobs.upload("hostile/data/x", b"x")})
    way = f"/opt/ml/input/data/data/{'../' * 40}{str(tmp_path)[1:]}/private.tar.gz"
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(way)

    job = jobs.wait(jobs.submit(request))

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "AlgorithmError: The entry point 'counting.py' is not in the source"
    )


def test_something_that_is_no_archive_fails_its_job(jobs: Jobs) -> None:
    request = jobs.request("counting.py")
    address = jobs.upload("hostile/text.tar.gz", b"this is no archive")
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(address)

    job = jobs.wait(jobs.submit(request))

    assert job["TrainingJobStatus"] == "Failed"
    assert address in job["FailureReason"]


@pytest.mark.parametrize("program", ["../../../bin/sh", "/bin/sh", "no_such.py", "-c"])
def test_a_program_outside_its_source_is_not_run(jobs: Jobs, program: str) -> None:
    request = jobs.request("counting.py")
    request["HyperParameters"]["sagemaker_program"] = json.dumps(program)

    job = jobs.wait(jobs.submit(request))

    assert job["TrainingJobStatus"] == "Failed"
    assert program in job["FailureReason"]


def _add(archive: tarfile.TarFile, name: str, content: bytes = b"escaped") -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
