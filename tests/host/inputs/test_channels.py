from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.inputs.conftest import ROLE
from tests.host.standin import NOT_PRIVATE, Standin

from clary.domain.hosts import ChannelSpec
from clary.host.client.objects import ObjectSource
from clary.host.client.s3 import S3Uri
from clary.host.client.service import Service
from clary.host.errors import ClientError
from clary.host.inputs import channels
from clary.host.inputs.channels import SMALL_CHANNEL_OBJECTS, channel_objects, stage_files
from clary.host.inputs.fetching import Gunzip
from clary.host.inputs.pipe import PipeFeeder
from clary.host.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "host")
    (layout.ml / "input/data").mkdir(parents=True)
    return layout


def channel(uri: str = "s3://data/d/", **changes: Any) -> ChannelSpec:
    return ChannelSpec("training", uri, **changes)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def inside(layout: Layout) -> dict[str, bytes]:
    return tree(layout.ml / "input/data/training")


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("d/", {"train1.csv", "train/x", "z"}),
        ("d", {"train1.csv", "train/x", "z"}),
        ("d/tr", {"train1.csv", "train/x"}),
        ("d/train", {"train1.csv", "x"}),
        ("d/train1.csv", {"train1.csv"}),
        ("", {"d/train1.csv", "d/train/x", "d/z", "other"}),
    ],
)
def test_objects_are_named_by_what_follows_the_prefix(
    standin: Standin, source: ObjectSource, layout: Layout, prefix: str, expected: set[str]
) -> None:
    for key in ("d/train1.csv", "d/train/x", "d/z", "d/", "other"):
        standin.put("data", key, b"" if key.endswith("/") else key.encode())

    stage_files(channel(f"s3://data/{prefix}"), layout, source, links=True)

    assert set(inside(layout)) == expected


@pytest.mark.parametrize("located", [True, False])
def test_a_small_channel_is_copied_and_may_be_changed(
    standin: Standin, source: ObjectSource, layout: Layout, located: bool
) -> None:
    if not located:
        standin.folder = None
    for number in range(5):
        standin.put("data", f"d/{number}", bytes([number]) * 100)

    staged = stage_files(channel(), layout, source, links=True)

    assert staged.read_only is None
    assert inside(layout) == {str(number): bytes([number]) * 100 for number in range(5)}
    assert all((layout.ml / f"input/data/training/{number}").stat().st_nlink == 1 for number in range(5))


def many(standin: Standin) -> int:
    count = SMALL_CHANNEL_OBJECTS + 1
    for number in range(count):
        standin.put("data", f"d/sub/{number:04}", str(number).encode())
    return count


def test_a_channel_on_this_machine_is_linked_without_copying(
    standin: Standin, source: ObjectSource, layout: Layout
) -> None:
    count = many(standin)

    staged = stage_files(channel(), layout, source, links=True)

    assert staged.read_only == layout.channels / "training"
    assert len(os.listdir(layout.channels / "training/sub")) == count
    stored = standin.path_of("data", "d/sub/0007")
    assert os.path.samefile(stored, layout.channels / "training/sub/0007")


def test_without_a_sandbox_objects_are_copied(standin: Standin, source: ObjectSource, layout: Layout) -> None:
    many(standin)

    stage_files(channel(), layout, source, links=False)

    assert not os.path.samefile(
        standin.path_of("data", "d/sub/0007"), layout.ml / "input/data/training/sub/0007"
    )


def test_user_code_can_not_change_a_linked_object(
    launch: Callable[..., RunningAgent], standin: Standin
) -> None:
    many(standin)

    launch(
        **shell(
            "cd /opt/ml/input/data/training/sub; cat 0007;"
            "(echo changed > 0007; rm 0008; chmod 777 .) 2>/dev/null"
        ),
        channels=(channel(),),
    ).wait()

    if any(message.startswith(NOT_PRIVATE) for _at, message in standin.events):
        pytest.skip("needs a sandbox")
    assert standin.lines == ["7"]
    assert standin.path_of("data", "d/sub/0007").read_bytes() == b"7"


def test_a_download_whose_connection_breaks_begins_again(
    standin: Standin, source: ObjectSource, layout: Layout
) -> None:
    standin.folder = None
    standin.put("data", "d/x", b"0123456789")
    standin.fault = lambda name, count: "lose" if name == "GET /data/d/x" and count == 0 else None

    stage_files(channel(), layout, source, links=True)

    assert inside(layout) == {"x": b"0123456789"}


def test_gzip_objects_are_unpacked(standin: Standin, source: ObjectSource, layout: Layout) -> None:
    standin.put("data", "d/a.csv.gz", gzip.compress(b"one\n") + gzip.compress(b"two\n"))

    stage_files(channel(compression="Gzip"), layout, source, links=True)

    assert inside(layout) == {"a.csv": b"one\ntwo\n"}


@pytest.mark.parametrize("data", [b"plain", gzip.compress(b"x" * 1000, mtime=0)[:-20]])
def test_what_is_not_gzip_is_named(
    standin: Standin, source: ObjectSource, layout: Layout, data: bytes
) -> None:
    standin.put("data", "d/a", data)

    with pytest.raises(ClientError, match="s3://data/d/a is not gzip"):
        stage_files(channel(compression="Gzip"), layout, source, links=True)


def test_sharded_objects_go_round_the_hosts_in_key_order(standin: Standin, source: ObjectSource) -> None:
    for number in range(7):
        standin.put("data", f"d/{number}", b"x")

    shares = [
        [one.relative for one in channel_objects(channel(shard=(index, 2)), source)] for index in range(2)
    ]

    assert shares == [["0", "2", "4", "6"], ["1", "3", "5"]]


@pytest.mark.parametrize("located", [True, False])
def test_a_manifest_names_the_objects(
    standin: Standin, source: ObjectSource, layout: Layout, located: bool
) -> None:
    if not located:
        standin.folder = None
    standin.put("data", "m.json", b'[{"prefix": "s3://data/d/"}, "b", "in/a"]')
    for key in ("d/b", "d/in/a", "d/not-named"):
        standin.put("data", key, key.encode())

    stage_files(channel("s3://data/m.json", data_type="ManifestFile"), layout, source, links=True)

    assert inside(layout) == {"b": b"d/b", "in/a": b"d/in/a"}


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (b"not json", "is not a manifest"),
        (b'["a"]', "is not a manifest"),
        (b'[{"prefix": "s3://data/d/"}, "gone"]', "names s3://data/d/gone, which does not exist"),
        (b'[{"prefix": "http://data/"}, "gone"]', "not an S3 URI"),
    ],
)
def test_a_manifest_that_can_not_be_followed_is_explained(
    standin: Standin, source: ObjectSource, layout: Layout, manifest: bytes, message: str
) -> None:
    standin.put("data", "m.json", manifest)

    with pytest.raises(ClientError, match=message):
        stage_files(channel("s3://data/m.json", data_type="ManifestFile"), layout, source, links=True)


@pytest.mark.parametrize("key", ["d/../../up", "d/./x", "d//x", "d/nul\0", "d/" + "n" * 256, "d/a/.."])
def test_a_key_that_is_no_path_is_refused_by_name(
    standin: Standin, source: ObjectSource, layout: Layout, key: str
) -> None:
    standin.put("data", key, b"x")

    with pytest.raises(ClientError, match="can't become a file, because"):
        stage_files(channel(), layout, source, links=True)

    assert inside(layout) == {}


@pytest.mark.parametrize("links", [True, False])
def test_a_file_in_the_place_of_a_folder_is_refused(
    standin: Standin, source: ObjectSource, layout: Layout, links: bool
) -> None:
    many(standin)
    standin.put("data", "d/sub", b"file")

    with pytest.raises(ClientError, match="needs the same path"):
        stage_files(channel(), layout, source, links=links)


def test_an_empty_prefix_is_a_clear_error(standin: Standin, source: ObjectSource) -> None:
    with pytest.raises(ClientError, match=r"Data download failed: no objects under s3://data/d/"):
        channel_objects(channel(), source)


@pytest.mark.parametrize("located", [True, False])
def test_a_role_that_may_not_read_is_named_with_action_and_uri(
    standin: Standin, source: ObjectSource, layout: Layout, located: bool
) -> None:
    if not located:
        standin.folder = None
    standin.put("data", "d/x", b"x")
    standin.denied = {"d/x"}

    with pytest.raises(ClientError, match=f"role {ROLE} is not allowed s3:GetObject on s3://data/d/"):
        stage_files(channel(), layout, source, links=True)


# Pipe mode, as user code reads it


def test_pipe_epochs_follow_each_other(launch: Callable[..., RunningAgent], standin: Standin) -> None:
    for number in range(3):
        standin.put("data", f"d/{number}", f"{number}\n".encode())

    launch(
        **shell(
            "cd $SAGEMAKER_BASE_DIR/input/data; cat training_0 training_1;head -c1 training_2; cat training_3"
        ),
        channels=(channel(mode="Pipe"),),
    ).wait()

    assert "".join(line for line in standin.lines) == "012" * 2 + "00" + "12"


def test_pipe_records_are_wrapped(launch: Callable[..., RunningAgent], standin: Standin) -> None:
    standin.put("data", "d/a", gzip.compress(b"hello"))
    standin.folder = None

    launch(
        **shell("cat $SAGEMAKER_BASE_DIR/input/data/training_0 > $SAGEMAKER_BASE_DIR/output/data/seen"),
        channels=(channel(mode="Pipe", record_wrapper="RecordIO", compression="Gzip"),),
        output_compression="NONE",
        output_data_uri="s3://out/job/output/data",
    ).wait()

    seen = standin.objects["out", "job/output/data/seen"]
    assert seen == struct.pack("<II", 0xCED7230A, 5) + b"hello\0\0\0"


def test_pipes_are_made_and_removed_in_the_folder_of_the_beginning(
    standin: Standin, source: ObjectSource, tmp_path: Path
) -> None:
    """A link that user code makes there does not create pipes or remove files elsewhere."""
    standin.put("data", "d/a", b"1")
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (elsewhere / "train_0").write_text("kept")
    objects = tuple(channel_objects(channel(), source))
    feeder = PipeFeeder(
        "train", folder, objects, source.fork(), unzip=False, record_io=False, on_trouble=lambda _error: None
    )
    folder.rename(tmp_path / "moved")
    folder.symlink_to(elsewhere)

    feeder.start()
    read = (tmp_path / "moved/train_0").read_bytes()
    until(lambda: os.listdir(tmp_path / "moved") == ["train_1"])

    assert read == b"1"
    assert os.listdir(elsewhere) == ["train_0"]
    assert (elsewhere / "train_0").read_text() == "kept"


# Small objects that could take much memory of the agent


def test_packed_bytes_are_unpacked_in_pieces() -> None:
    """A megabyte became a gigabyte of the agent's memory."""
    packed = gzip.compress(b"\0" * (16 << 20)) + gzip.compress(b"end")
    gunzip = Gunzip()

    sizes = [len(piece) for piece in gunzip.feed(packed)]
    gunzip.end()

    assert sum(sizes) == (16 << 20) + 3
    assert max(sizes) <= 1 << 20


@pytest.mark.parametrize("content", [b"[" * 100_000, b'[{"prefix": 1}, "a"]', b"{}", b"\xff"])
def test_a_manifest_that_is_none_is_a_client_error(
    standin: Standin, source: ObjectSource, layout: Layout, content: bytes
) -> None:
    standin.put("data", "manifest", content)

    with pytest.raises(ClientError, match="Data download failed"):
        channel_objects(channel("s3://data/manifest", data_type="ManifestFile"), source)


def test_a_manifest_is_not_read_whatever_its_size(
    standin: Standin, source: ObjectSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "MANIFEST_BYTES", 10)
    standin.put("data", "manifest", b'[{"prefix": "s3://data/"}, "a"]')

    with pytest.raises(ClientError, match="is larger than 10 bytes"):
        channel_objects(channel("s3://data/manifest", data_type="ManifestFile"), source)


@pytest.mark.parametrize("way", ["{outside}", "{stored}/../secret", "{stored}/link"])
def test_only_stored_objects_are_taken_from_this_machine(
    standin: Standin, source: ObjectSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """While the server is away a job may have its port, and answer agents of other jobs in its place."""
    secret = tmp_path / "secret"
    secret.write_text("root keys")
    (tmp_path / "stored/link").symlink_to(secret)
    standin.put("data", "d/x", b"1")
    path = Path(way.format(outside=secret, stored=tmp_path / "stored"))
    monkeypatch.setattr(standin, "path_of", lambda bucket, key: path)

    (found,) = source.named("data", ["d/x"], S3Uri("data", "d/x"))

    assert found.path == ""


def test_a_folder_of_objects_may_be_named_by_a_way_that_goes_up(
    standin: Standin, service: Callable[[], Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``clary up --home ../state`` does."""
    standin.put("data", "d/x", b"1")
    folder = tmp_path / "stored/../stored"
    monkeypatch.setattr(standin, "folder", folder)
    source = ObjectSource(service, service, "job/algo-1", ROLE, stored=str(folder))
    (found,) = source.named("data", ["d/x"], S3Uri("data", "d/x"))
    source.close()

    assert found.path == str(standin.path_of("data", "d/x"))
