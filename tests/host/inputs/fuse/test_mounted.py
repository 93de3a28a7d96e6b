"""A channel that is really mounted, read by other processes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.host.standin import Standin

from clary.domain.hosts import ChannelSpec
from clary.host.bounds.usage import folder_bytes
from clary.host.client.objects import ObjectSource
from clary.host.client.s3 import Listed
from clary.host.errors import ClientError
from clary.host.inputs import channels
from clary.host.inputs.channels import stage_files
from clary.host.inputs.fast_file import FastFiles
from clary.host.inputs.fetching import Staged
from clary.host.inputs.fuse import fetcher
from clary.host.inputs.node_cache import BYTES_VARIABLE, FOLDER_VARIABLE
from clary.host.layout import Layout
from clary.host.sandbox.fuse_mount import mount_here, unmount_below

MIB = 1 << 20
LARGE = b"".join(number.to_bytes(4, "big") * 1024 for number in range(16 * 256))  # 16 MiB, no two pages alike


def impossible() -> str:
    """Returns why nothing can be mounted here; empty when it can."""
    if os.geteuid() != 0:
        return "mounts for these tests need root"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse is not there"
    return ""


pytestmark = pytest.mark.skipif(bool(impossible()), reason=impossible())
Mounted = Callable[..., Path]
Provide = Callable[[list[Staged]], Path]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def mounted(
    standin: Standin, remote: ObjectSource, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mounted]:
    """Stages s3://data/d/ as a FastFile channel of a host; returns its folder."""
    standin.page_size = 1000
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv(BYTES_VARIABLE, str(1 << 30))
    monkeypatch.setattr(channels, "SMALL_CHANNEL_BYTES", 0)
    every: list[FastFiles] = []

    def stage(host: str = "one") -> Path:
        fast_files = FastFiles(mount_here, said.append)
        every.append(fast_files)
        spec = ChannelSpec("x", "s3://data/d/", mode="FastFile")
        staged = stage_files(spec, Layout(tmp_path / host), remote, links=True, fast_files=fast_files)
        assert staged.read_only is not None
        return staged.read_only

    yield stage
    for fast_files in every:
        fast_files.close()


@pytest.fixture
def provide(remote: ObjectSource, tmp_path: Path, said: list[str]) -> Iterator[Provide]:
    """Mounts objects as FastFile does; returns the folder."""
    fast_files = FastFiles(mount_here, said.append)

    def run(objects: list[Staged]) -> Path:
        (tmp_path / "apart").mkdir()
        assert fast_files.provide("channel x", objects, tmp_path / "apart", remote)
        return tmp_path / "apart"

    yield run
    fast_files.close()


def read(folder: Path, code: str) -> Any:
    """Runs code in another process, in the folder; returns what it answers.

    A read of this process could wait for itself: one of a mapped file holds Python's lock.
    """
    script = f"import errno, hashlib, json, mmap, os\n{code}\nprint(json.dumps(answer))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fetched(standin: Standin) -> int:
    """How many bytes were asked for."""
    spans = [each.removeprefix("bytes=").split("-") for each in standin.ranges]
    return sum(int(last) - int(first) + 1 for first, last in spans)


def test_files_are_read_whole_and_in_places(standin: Standin, mounted: Mounted) -> None:
    content = {"large": LARGE, "deep/er/small": b"small", "empty": b"", "deep/odd": LARGE[: MIB + 5]}
    for name, data in content.items():
        standin.put("data", f"d/{name}", data)

    found = read(
        mounted(),
        """
answer = {}
for above, _, names in os.walk("."):
    for name in names:
        with open(f"{above}/{name}", "rb") as file:
            answer[f"{above}/{name}"[2:]] = hashlib.sha256(file.read()).hexdigest()
        assert os.path.getsize(f"{above}/{name}") == int(os.stat(f"{above}/{name}").st_size)
""",
    )

    assert found == {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}


def test_only_what_is_read_is_fetched(standin: Standin, mounted: Mounted) -> None:
    standin.put("data", "d/large", LARGE)

    found = read(
        mounted(), "file = open('large', 'rb'); file.seek(5_000_000); answer = list(file.read(1_000_000)[:4])"
    )

    assert found == list(LARGE[5_000_000:5_000_004])
    assert 1_000_000 <= fetched(standin) <= 5 * MIB


def test_a_mapped_file_is_read_where_it_is_looked_at(standin: Standin, mounted: Mounted) -> None:
    standin.put("data", "d/large", LARGE)

    code = """
file = mmap.mmap(os.open('large', os.O_RDONLY), 0, prot=mmap.PROT_READ)
answer = [file[12_345_678], file[-1], file[0]]
"""

    assert read(mounted(), code) == [LARGE[12_345_678], LARGE[-1], LARGE[0]]
    assert fetched(standin) <= 5 * MIB


def test_ten_thousand_objects_are_listed_without_a_request(
    standin: Standin, remote: ObjectSource, provide: Provide
) -> None:
    names = [f"{number % 7}/{number:05}" for number in range(10_000)]

    folder = provide([Staged("data", Listed(f"d/{name}", 7), name) for name in names])

    code = "answer = sorted(f'{above}/{name}'[2:] for above, _, names in os.walk('.') for name in names)"
    assert read(folder, code) == sorted(names)
    assert standin.calls == []


def test_a_mounted_channel_takes_no_disk_of_the_job(
    standin: Standin, mounted: Mounted, tmp_path: Path
) -> None:
    standin.put("data", "d/large", LARGE)

    mounted("one")

    assert folder_bytes(str(tmp_path / "one")) < MIB


def test_nothing_can_be_changed(standin: Standin, mounted: Mounted) -> None:
    standin.put("data", "d/x", LARGE)

    code = """
answer = []
def tried(change):
    try:
        change()
    except OSError as error:
        answer.append(errno.errorcode[error.errno])
tried(lambda: open("x", "r+b"))
tried(lambda: open("new", "wb"))
tried(lambda: os.unlink("x"))
tried(lambda: os.chmod("x", 0o666))
tried(lambda: os.mkdir("folder"))
tried(lambda: open("missing"))
tried(lambda: os.getxattr("x", "user.a"))
"""

    assert read(mounted(), code) == [*["EROFS"] * 5, "ENOENT", "ENOTSUP"]


def test_a_second_host_of_the_node_fetches_nothing_again(standin: Standin, mounted: Mounted) -> None:
    standin.put("data", "d/large", LARGE)
    whole = "answer = hashlib.sha256(open('large', 'rb').read()).hexdigest()"
    first = read(mounted("one"), whole)
    before = fetched(standin)

    assert read(mounted("two"), whole) == first == hashlib.sha256(LARGE).hexdigest()
    assert fetched(standin) == before == len(LARGE)


def test_without_a_cache_at_most_what_is_held_is_kept(
    standin: Standin, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BYTES_VARIABLE, "0")
    monkeypatch.setattr("clary.host.inputs.fuse.segments.HELD", 4)
    standin.put("data", "d/large", LARGE)

    found = read(mounted(), "answer = hashlib.sha256(open('large', 'rb').read()).hexdigest()")

    assert found == hashlib.sha256(LARGE).hexdigest()


def test_an_object_that_was_replaced_is_an_error_with_a_reason(
    standin: Standin, mounted: Mounted, said: list[str]
) -> None:
    standin.put("data", "d/large", LARGE)
    folder = mounted()
    standin.put("data", "d/large", LARGE[::-1])

    code = """
answer = []
for _ in range(2):
    try:
        open("large", "rb").read(1)
    except OSError as error:
        answer.append(errno.errorcode[error.errno])
"""

    assert read(folder, code) == ["EIO", "EIO"]
    (line,) = said
    assert "s3://data/d/large was replaced or deleted since the job started" in line


def test_a_server_that_fails_for_a_while_is_asked_again(standin: Standin, mounted: Mounted) -> None:
    standin.put("data", "d/large", LARGE)
    faults = {0: "half", 1: "drop", 2: "500", 3: "slow"}
    standin.fault = lambda name, count: faults.get(count) if name.startswith("GET") else None

    found = read(mounted(), "answer = hashlib.sha256(open('large', 'rb').read()).hexdigest()")

    assert found == hashlib.sha256(LARGE).hexdigest()


def test_a_url_that_is_old_is_asked_for_anew(
    standin: Standin, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetcher, "URL_S", 0.0)
    elsewhere = Standin().start()
    try:
        elsewhere.put("far", "blob", LARGE)
        standin.put("data", "d/large", LARGE)
        standin.located["d/large"] = {"Url": f"{elsewhere.url}/far/blob?X-Amz-Signature=old"}
        folder = mounted()
        standin.located["d/large"] = {"Url": f"{elsewhere.url}/far/blob?X-Amz-Signature=new"}
        standin.calls.clear()

        assert read(folder, "answer = open('large', 'rb').read(1)[0]") == LARGE[0]
        assert standin.calls == ["LocateObjects"]
    finally:
        elsewhere.stop()


def test_a_reader_that_waits_gets_an_error_at_the_end(
    standin: Standin, remote: ObjectSource, mounted: Mounted, tmp_path: Path, said: list[str]
) -> None:
    standin.put("data", "d/large", LARGE)
    fast_files = FastFiles(mount_here, said.append)
    (tmp_path / "apart").mkdir()
    objects = channels.channel_objects(ChannelSpec("x", "s3://data/d/"), remote)
    assert fast_files.provide("channel x", objects, tmp_path / "apart", remote)
    standin.stop()
    with subprocess.Popen(["cat", tmp_path / "apart/large"], stderr=subprocess.PIPE) as reader:
        while not any(name == "ranges" for name in thread_names()):
            os.sched_yield()

        fast_files.close()

        assert reader.wait(90) == 1
        assert list((tmp_path / "apart").iterdir()) == []


def thread_names() -> list[str]:
    import threading

    return [thread.name for thread in threading.enumerate()]


def test_what_a_killed_agent_has_left_is_unmounted(tmp_path: Path) -> None:
    place = tmp_path / "host/channels/with space"
    place.mkdir(parents=True)
    os.close(mount_here(str(place)).device)
    with pytest.raises(OSError, match="not connected") as caught:
        os.listdir(place)
    assert caught.value.errno == errno.ENOTCONN

    unmount_below(tmp_path / "host")

    assert os.listdir(place) == []


def test_where_nothing_can_be_mounted_the_channel_is_downloaded(
    standin: Standin, remote: ObjectSource, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "SMALL_CHANNEL_BYTES", 0)
    standin.put("data", "d/x", b"x")

    def refuse(path: str) -> Any:
        raise OSError(errno.EPERM, "Operation not permitted", path)

    staged = stage_files(
        ChannelSpec("x", "s3://data/d/", mode="FastFile"),
        Layout(tmp_path),
        remote,
        links=True,
        fast_files=FastFiles(refuse, said.append),
    )

    assert staged.read_only is None
    assert (tmp_path / "ml/input/data/x/x").read_bytes() == b"x"
    (line,) = said
    assert line.startswith(
        "Clary: FastFile is not possible on this machine ([Errno 1] Operation not permitted"
    )


def test_two_objects_that_need_one_path_are_refused(standin: Standin, mounted: Mounted) -> None:
    standin.put("data", "d/x", b"x")
    standin.put("data", "d/x/y", b"y")

    with pytest.raises(ClientError, match="needs the same path as a file or as a folder"):
        mounted()
