from __future__ import annotations

import io
import os
import signal
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin

from clary.domain.hosts import CheckpointSpec
from clary.domain.identity import Credentials
from clary.host.client import multipart
from clary.host.client.connection import FilePart
from clary.host.client.objects import ObjectSource
from clary.host.client.s3 import S3Uri
from clary.host.client.service import Service, ServiceError
from clary.host.errors import ClientError
from clary.host.outputs import delivery as delivery_module
from clary.host.outputs.delivery import MOST_TOLD, Delivery
from clary.host.outputs.upload import folder_uri
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
    monkeypatch.setattr(multipart, "SINGLE_PUT_BYTES", 1000)
    monkeypatch.setattr(multipart, "PART_BYTES", 400)
    standin.fault = lambda name, count: "lose" if name == "PUT /b/k" and count == 1 else None
    data = os.urandom(1234)
    (tmp_path / "large").write_bytes(data)

    with (tmp_path / "large").open("rb") as file, closing(source_of(standin)) as source:
        multipart.upload_file(source, "b", "k", file.fileno())

    assert standin.objects["b", "k"] == data
    assert standin.calls.count("PUT /b/k") == 5


@pytest.mark.parametrize("fault", [None, "drop", "lose", "slow"])
def test_parts_go_past_the_server_where_it_says_so(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str | None
) -> None:
    monkeypatch.setattr(multipart, "SINGLE_PUT_BYTES", 1000)
    monkeypatch.setattr(multipart, "PART_BYTES", 400)
    elsewhere = Standin(uploads=standin.uploads).start()
    standin.parts_at = elsewhere.url
    elsewhere.fault = lambda _name, count: fault if count in (0, 2) else None  # type: ignore[assignment,return-value]
    data = os.urandom(2345)
    (tmp_path / "large").write_bytes(data)

    try:
        with (tmp_path / "large").open("rb") as file, closing(source_of(standin)) as source:
            multipart.upload_file(source, "b", "k", file.fileno())
    finally:
        elsewhere.stop()

    assert standin.objects["b", "k"] == data
    assert "PUT /b/k" not in standin.calls
    assert elsewhere.calls.count("PUT /b/k") == (6 if fault is None else 8)


def test_parts_that_do_not_arrive_elsewhere_go_by_the_server(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart, "SINGLE_PUT_BYTES", 1000)
    monkeypatch.setattr(multipart, "PART_BYTES", 400)
    data = os.urandom(2345)
    (tmp_path / "large").write_bytes(data)
    elsewhere = Standin(denied={"PUT /b/k"}).start()

    try:
        for place in (elsewhere.url, "http://127.0.0.1:1"):
            standin.parts_at, standin.calls = place, []
            with (tmp_path / "large").open("rb") as file, closing(source_of(standin)) as source:
                multipart.upload_file(source, "b", "k", file.fileno())
            assert standin.objects.pop(("b", "k")) == data
            assert standin.calls.count("PUT /b/k") == 6
    finally:
        elsewhere.stop()


def test_an_upload_whose_parts_are_refused_leaves_nothing(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart, "SINGLE_PUT_BYTES", 1000)
    monkeypatch.setattr(multipart, "PART_BYTES", 400)
    (tmp_path / "large").write_bytes(b"x" * 100_000)
    standin.denied = {"PUT /b/k"}

    with (
        (tmp_path / "large").open("rb") as file,
        closing(source_of(standin)) as source,
        pytest.raises(ServiceError, match="AccessDenied"),
    ):
        multipart.upload_file(source, "b", "k", file.fileno())

    assert standin.objects == {}
    assert standin.calls[-1] == "DELETE /b/k"
    assert standin.calls.count("PUT /b/k") <= 2 * multipart.THREADS


def files_of(folder: Path) -> Iterator[tuple[str, Callable[[], int]]]:
    for path in sorted(folder.iterdir()):
        yield path.name, lambda path=path: os.open(path, os.O_RDONLY)  # type: ignore[misc]


def test_small_files_go_up_several_at_a_time_and_large_ones_in_parts(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart, "SINGLE_PUT_BYTES", 1000)
    monkeypatch.setattr(delivery_module, "SINGLE_PUT_BYTES", 1000)
    monkeypatch.setattr(multipart, "PART_BYTES", 400)
    folder = tmp_path / "model"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}").write_bytes(b"%d" % number * (501 if number % 20 == 7 else 1))
    sent: list[str] = []

    with closing(source_of(standin)) as source:
        Delivery(source, S3Uri("b", "p/"), "model", print).send_all(files_of(folder), sent.append)

    assert sorted(sent) == sorted(path.name for path in folder.iterdir())
    assert {key[2:]: data for (_, key), data in standin.objects.items()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    assert standin.calls.count("POST /b/p/27") == 2


def test_a_role_that_may_not_write_ends_all_uploads_and_leaves_no_file_open(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "SINGLE_PUT_BYTES", 3)
    folder = tmp_path / "model"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:02}").write_bytes(b"1" if number % 2 else b"large")
    standin.denied = {f"p/{number:02}" for number in range(60)}

    with (
        closing(source_of(standin)) as source,
        pytest.raises(ClientError, match="is not allowed s3:PutObject"),
    ):
        Delivery(source, S3Uri("b", "p/"), "model", print).send_all(files_of(folder), print)

    named = [os.path.realpath(path) for path in Path("/proc/self/fd").iterdir()]
    assert not [name for name in named if name.startswith(str(folder))]


# A bad file does not prevent the delivery of others

BAD = (
    "import os, socket; f = os.fsencode('{0}'); open(f + b'/good', 'w').write('1'); "
    "open(f + b'/caf\\xe9.txt', 'w').write('2'); os.mkfifo(f + b'/pipe'); "
    "os.symlink('good', f + b'/link'); os.symlink('gone', f + b'/dangling'); "
    "socket.socket(socket.AF_UNIX).bind(f + b'/socket'); os.makedirs(f + b'/deep/er'); "
    "open(f + b'/deep/er/good', 'w').write('3')"
)


def leaving_bad_files(folder: str) -> dict[str, Any]:
    """The changes of a spec whose process leaves files of all kinds in a folder of /opt/ml."""
    return {
        "entrypoint": (
            "/bin/sh", "-c", f'cd $SAGEMAKER_BASE_DIR/{folder} && exec {sys.base_prefix}/bin/python3 -c "$1"',
            "-", BAD.format("."),
        )
    }  # fmt: skip


def test_files_that_can_not_be_keys_are_named_and_the_others_are_uploaded(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    launch(**leaving_bad_files("model"), output_compression="NONE").wait()

    assert sorted(key for _bucket, key in standin.objects) == [
        "job/output/model/deep/er/good",
        "job/output/model/good",
    ]
    assert standin.reports[-1]["Outcome"] == "Succeeded"
    assert sorted(line for line in standin.lines if "is not uploaded" in line) == [
        "Clary: model/caf\\xe9.txt is not uploaded: its name is not UTF-8, as a key in S3 has to be",
        "Clary: model/dangling is not uploaded: it is a symbolic link",
        "Clary: model/link is not uploaded: it is a symbolic link",
        "Clary: model/pipe is not uploaded: it is a named pipe",
        "Clary: model/socket is not uploaded: it is a socket",
    ]


def test_an_archive_keeps_names_that_are_no_utf_8(launch: Launch, standin: Standin) -> None:
    launch(**leaving_bad_files("model")).wait()

    found = members(standin.objects["out", "job/output/model.tar.gz"])
    assert sorted(map(os.fsencode, found)) == [b"caf\xe9.txt", b"dangling", b"deep/er/good", b"good", b"link"]
    assert [line.partition(" is not")[0] for line in standin.lines if "is not uploaded" in line] == [
        "Clary: model/pipe",
        "Clary: model/socket",
    ]


def test_checkpoints_beside_a_bad_one_are_uploaded(launch: Launch, standin: Standin) -> None:
    launch(**leaving_bad_files("checkpoints"), checkpoint=CHECKPOINT).wait()

    assert sorted(key for _bucket, key in standin.objects) == ["run/deep/er/good", "run/good"]
    assert any("checkpoints/caf\\xe9.txt is not uploaded" in line for line in standin.lines)


def test_tensors_beside_a_bad_one_are_uploaded(launch: Launch, standin: Standin) -> None:
    files = {
        "hyperparameters.json": {}, "resourceconfig.json": {"current_host": "algo-1"},
        "debughookconfig.json": {"S3OutputPath": "s3://debug/"},
    }  # fmt: skip

    launch(**leaving_bad_files("output/tensors"), config_files=files).wait()

    assert {key for _bucket, key in standin.objects} >= {
        "job/debug-output/deep/er/good",
        "job/debug-output/good",
    }
    assert any("tensors/caf\\xe9.txt is not uploaded" in line for line in standin.lines)


def test_a_model_folder_as_deep_as_can_be_ends_the_job_all_the_same(launch: Launch, standin: Standin) -> None:
    nest = "i=0; while [ $i -lt 1500 ]; do mkdir d && cd -P d || exit 1; i=$((i+1)); done; echo 1 > x"

    agent = launch(**shell(ML + "echo 1 > model/x; cd model; " + nest))
    agent.wait()

    assert list(members(standin.objects["out", "job/output/model.tar.gz"])) == ["x"]
    assert any("folders deep" in line for line in standin.lines)
    assert not (agent.folder / "ml").exists()


def source_of(standin: Standin, volume_bytes: int = 0) -> ObjectSource:
    def service() -> Service:
        return Service(standin.url, "us-east-1", lambda: Credentials("A", "s"))

    role = "arn:aws:iam::000000000000:role/trainer"
    return ObjectSource(service, service, "job/algo-1", role, volume_bytes=volume_bytes)


def delivery(standin: Standin, said: list[str], volume_bytes: int = 0) -> Delivery:
    source = source_of(standin, volume_bytes)
    return Delivery(source, S3Uri("b", "p/"), "model", said.append)


@pytest.mark.parametrize(
    ("relative", "error", "words"),
    [
        ("x", PermissionError(13, "Permission denied"), "it can't be read: Permission denied"),
        ("x", OSError(5, "Input/output error"), "it can't be read: Input/output error"),
        ("x" * 1030, None, "longer than 1024 bytes"),
        ("gone", FileNotFoundError(2, "No such file"), None),
    ],
)
def test_a_file_that_can_not_be_sent_is_told_once(
    standin: Standin, relative: str, error: OSError | None, words: str | None
) -> None:
    said: list[str] = []
    sender = delivery(standin, said)

    def fail() -> int:
        assert error is not None
        raise error

    assert sender.send(relative, fail) is None
    assert sender.send(relative, fail) is None

    assert len(said) == (words is not None)
    assert words is None or words in said[0]


def test_many_bad_files_do_not_fill_the_log(standin: Standin) -> None:
    said: list[str] = []
    sender = delivery(standin, said)

    for number in range(1000):
        sender.leave_out(f"{number}", "it is a socket")

    assert len(said) == MOST_TOLD + 1


def test_a_file_that_shrinks_while_it_is_sent_does_not_hold_the_agent_for_ever(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_bytes(b"1")
    said: list[str] = []
    sender = delivery(standin, said)
    monkeypatch.setattr(
        multipart, "FilePart", lambda descriptor, start, size: FilePart(descriptor, start, size + 1)
    )

    sent = sender.send("x", lambda: os.open(tmp_path / "x", os.O_RDONLY))

    assert sent is None
    assert said == ["Clary: model/x is not uploaded: it changed while it was sent"]


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


# Bytes that nobody wrote take nothing of a job's volume, but time and room where they are sent


HOLES = "echo 1 > model/real; truncate -s {0} model/holes; echo 2 > model/zeal"
NAMES = "head -c 9M /dev/zero > model/1; for n in 2 3 4 5; do ln model/1 model/$n; done; echo 2 > model/real"


@pytest.mark.parametrize("compression", ["GZIP", "NONE"])
@pytest.mark.parametrize(("script", "kept"), [(HOLES.format("4T"), 2), (NAMES, 3)])
def test_files_larger_than_the_volume_are_left_out(
    launch: Launch, standin: Standin, compression: str, script: str, kept: int
) -> None:
    launch(**shell(ML + script), output_compression=compression, disk_bytes=16 << 20).wait()

    archive = standin.objects.get(("out", "job/output/model.tar.gz"))
    names = sorted(members(archive)) if archive else [key.rpartition("/")[2] for _, key in standin.objects]
    assert "real" in names
    assert len(names) == kept
    assert any("were never written" in line for line in standin.lines)


def test_a_checkpoint_of_holes_is_not_sent(launch: Launch, standin: Standin) -> None:
    script = "cd checkpoints; echo 1 > real; truncate -s 4T holes"

    launch(
        **shell(ML + script),
        checkpoint=CheckpointSpec("s3://out/checkpoints/", "/opt/ml/checkpoints"),
        disk_bytes=16 << 20,
    ).wait()

    assert list(standin.objects) == [("out", "checkpoints/real")]


def test_holes_are_sent_as_far_as_the_volume_has_room(standin: Standin, tmp_path: Path) -> None:
    said: list[str] = []
    sender = delivery(standin, said, volume_bytes=3 << 20)
    (tmp_path / "holes").touch()
    os.truncate(tmp_path / "holes", 2 << 20)
    status = (tmp_path / "holes").stat()

    assert [sender.admits(name, status) for name in ("a", "b")] == [True, False]
    assert len(said) == 1
