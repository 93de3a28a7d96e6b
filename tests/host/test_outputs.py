from __future__ import annotations

import io
import os
import signal
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin

from clary.domain.hosts import CheckpointSpec
from clary.host import s3
from clary.host.outputs import folder_uri
from clary.host.sandbox import SandboxKind

Launch = Callable[..., RunningAgent]
ML = "cd $SAGEMAKER_BASE_DIR; "


def members(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name: member for member in archive}


def test_output_data_becomes_an_archive(launch: Launch, standin: Standin) -> None:
    launch(**shell(ML + "mkdir output/data/in; echo 1 > output/data/in/x")).wait()

    assert list(members(standin.objects["out", "job/output/output.tar.gz"])) == ["in/x"]


def test_nothing_is_uploaded_where_nothing_was_made(launch: Launch, standin: Standin) -> None:
    launch(**shell("true")).wait()

    assert standin.objects == {}
    assert standin.reports[-1]["ModelUploaded"] is False


def test_a_failed_job_uploads_what_it_has(launch: Launch, standin: Standin) -> None:
    launch(**shell(ML + "echo 1 > model/half; echo 2 > output/data/x; exit 1")).wait()

    assert standin.reports[-1]["Outcome"] == "Failed"
    assert {key for _bucket, key in standin.objects} == {
        "job/output/model.tar.gz",
        "job/output/output.tar.gz",
    }


def test_links_out_of_the_model_are_left_out(
    sandbox: SandboxKind, launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("key of the user")
    script = (
        f"cd model; echo 1 > real; ln -s real alias; mkfifo pipe;"
        f"ln -s {tmp_path}/secret a; ln -s {tmp_path} b; ln -s ../.. c"
    )

    launch(**shell(ML + script)).wait()

    found = members(standin.objects["out", "job/output/model.tar.gz"])
    assert sorted(found) == ["alias", "real"]
    assert found["alias"].linkname == "real"
    assert any("outside its folder" in line for line in standin.lines)


def test_a_model_folder_that_became_a_link_is_not_followed(
    sandbox: SandboxKind, launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/secret").write_text("key of the user")

    launch(**shell(ML + f"rmdir model; ln -s {tmp_path}/keys model")).wait()

    assert standin.objects == {}


def test_without_compression_files_are_uploaded_one_by_one(launch: Launch, standin: Standin) -> None:
    launch(
        **shell(ML + "mkdir model/in; echo 1 > model/in/x; echo 2 > model/y"), output_compression="NONE"
    ).wait()

    assert standin.objects == {
        ("out", "job/output/model/in/x"): b"1\n",
        ("out", "job/output/model/y"): b"2\n",
    }


@pytest.mark.parametrize("uri", ["s3://o/model.tar.gz", "s3://o/model", "s3://o/model/"])
def test_uncompressed_output_goes_below_a_folder(uri: str) -> None:
    assert folder_uri(uri) == "s3://o/model/"


def test_a_role_that_may_not_write_is_named(launch: Launch, standin: Standin) -> None:
    standin.denied = {"job/output/model.tar.gz"}

    launch(**shell(ML + "echo 1 > model/x")).wait()

    report = standin.reports[-1]
    assert report["Outcome"] == "ClientError"
    assert "is not allowed s3:PutObject on s3://out/job/output/model.tar.gz" in report["Reason"]


def test_a_large_file_goes_up_in_parts(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clary.domain.identity import Credentials
    from clary.host.service import Service

    monkeypatch.setattr(s3, "SINGLE_PUT_BYTES", 1000)
    monkeypatch.setattr(s3, "PART_BYTES", 400)
    standin.fault = lambda name, count: "lose" if name == "PUT /b/k" and count == 1 else None
    data = os.urandom(1234)
    (tmp_path / "large").write_bytes(data)
    service = Service(standin.url, "us-east-1", lambda: Credentials("A", "s"))

    with (tmp_path / "large").open("rb") as file:
        s3.S3(service).put_file("b", "k", file.fileno())

    service.close()
    assert standin.objects["b", "k"] == data
    assert standin.calls.count("PUT /b/k") == 5


# Checkpoints

CHECKPOINT = CheckpointSpec("s3://ckpt/run")


def test_checkpoints_come_back_in_a_second_job(launch: Launch, standin: Standin) -> None:
    launch(**shell(ML + "echo 1 > checkpoints/epoch-1"), checkpoint=CHECKPOINT).wait()
    launch(
        **shell(ML + "cat checkpoints/epoch-1; echo 2 > checkpoints/epoch-2"), checkpoint=CHECKPOINT
    ).wait()

    assert standin.lines == ["1"]
    assert {key: data for (_b, key), data in standin.objects.items()} == {
        "run/epoch-1": b"1\n",
        "run/epoch-2": b"2\n",
    }
    assert standin.calls.count("PUT /ckpt/run/epoch-1") == 1


def test_a_checkpoint_is_uploaded_while_the_job_runs(launch: Launch, standin: Standin) -> None:
    agent = launch(
        **shell(ML + "echo 1 > checkpoints/x; exec sleep 60"), checkpoint=CHECKPOINT, stop_grace_s=0.1
    )

    until(lambda: ("ckpt", "run/x") in standin.objects)

    agent.process.send_signal(signal.SIGTERM)
    agent.wait()


def test_checkpoints_lie_where_the_job_asks(sandbox: SandboxKind, launch: Launch, standin: Standin) -> None:
    if sandbox is SandboxKind.NONE:
        return
    checkpoint = CheckpointSpec("s3://ckpt/run/", "/var/ckpt")

    launch(**shell("echo 1 > /var/ckpt/x"), checkpoint=checkpoint).wait()

    assert ("ckpt", "run/x") in standin.objects
