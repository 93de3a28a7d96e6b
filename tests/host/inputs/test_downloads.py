from __future__ import annotations

import base64
import errno
import os
import threading
import time
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.host.standin import Standin, etag_of

from clary.host.client import backoff, objects
from clary.host.client.objects import ObjectSource
from clary.host.client.s3 import Listed, S3Uri
from clary.host.errors import ClientError
from clary.host.inputs import downloads
from clary.host.inputs.fetching import Staged, fetch_all

RANGE = 1000
LARGE = bytes(range(256)) * 40  # 11 ranges


@pytest.fixture(autouse=True)
def _small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "RANGE_BYTES", RANGE)
    monkeypatch.setattr(backoff, "_FIRST_BUSY_S", 0.001)


def fetch(source: ObjectSource, folder: Path) -> dict[str, bytes]:
    """Fetches s3://data/d/ as it is listed now, and returns the files."""
    return put(listed(source), source, folder)


def listed(source: ObjectSource) -> list[Staged]:
    return [Staged("data", item, item.key[2:]) for item in source.under(S3Uri("data", "d/"))]


def put(objects: list[Staged], source: ObjectSource, folder: Path) -> dict[str, bytes]:
    fetch_all(objects, folder, source)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def crc32(content: bytes, **more: Any) -> dict[str, Any]:
    value = base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
    return {"Checksum": {"Algorithm": "CRC32", "Value": value, "Type": "FULL_OBJECT", "Parts": [], **more}}


def test_large_and_small_objects_arrive(standin: Standin, remote: ObjectSource, tmp_path: Path) -> None:
    content = {"large": LARGE, "empty": b"", **{f"{number:03}": b"%d" % number for number in range(40)}}
    for name, data in content.items():
        standin.put("data", f"d/{name}", data)

    assert fetch(remote, tmp_path / "to") == content
    assert standin.calls.count("GET /data/d/large") == 11
    assert "GET /data/d/empty" not in standin.calls


def test_a_broken_connection_goes_on_at_the_byte_where_it_broke(
    standin: Standin, remote: ObjectSource, tmp_path: Path
) -> None:
    standin.put("data", "d/x", LARGE[:RANGE])
    standin.located["d/x"] = crc32(LARGE[:RANGE])
    standin.fault = lambda name, count: "half" if name.startswith("GET") and count < 2 else None

    assert fetch(remote, tmp_path / "to") == {"x": LARGE[:RANGE]}
    assert standin.ranges == ["bytes=0-999", "bytes=500-999", "bytes=750-999"]


@pytest.mark.parametrize("fault", ["slow", "500", "drop"])
def test_a_server_that_fails_for_a_while_is_asked_again(
    standin: Standin, remote: ObjectSource, tmp_path: Path, fault: str
) -> None:
    standin.put("data", "d/x", LARGE)
    standin.fault = lambda name, count: fault if name.startswith("GET") and count < 3 else None

    assert fetch(remote, tmp_path / "to") == {"x": LARGE}


def test_an_object_that_changes_meanwhile_arrives_whole_as_it_is_then(
    standin: Standin, remote: ObjectSource, tmp_path: Path
) -> None:
    standin.put("data", "d/x", LARGE)
    later = LARGE[::-1] + b"more"

    def replace(name: str, count: int) -> None:
        if name == "GET /data/d/x" and count == 5:
            standin.put("data", "d/x", later)

    standin.fault = replace  # type: ignore[assignment]

    assert fetch(remote, tmp_path / "to") == {"x": later}


def test_an_object_that_changes_each_time_is_a_clear_error(
    standin: Standin, remote: ObjectSource, tmp_path: Path
) -> None:
    standin.put("data", "d/x", LARGE)

    def replace(name: str, count: int) -> None:
        if name == "GET /data/d/x":
            standin.put("data", "d/x", LARGE + b"%d" % count)

    standin.fault = replace  # type: ignore[assignment]

    with pytest.raises(ClientError, match="s3://data/d/x was replaced 3 times while it was downloaded"):
        fetch(remote, tmp_path / "to")
    assert os.listdir(tmp_path / "to") == []


def test_an_object_that_is_deleted_meanwhile_is_a_clear_error(
    standin: Standin, remote: ObjectSource, tmp_path: Path
) -> None:
    standin.put("data", "d/x", LARGE)
    objects = listed(remote)
    del standin.objects["data", "d/x"]

    with pytest.raises(ClientError, match="s3://data/d/x was deleted"):
        put(objects, remote, tmp_path / "to")


def composite(content: bytes, cut: int) -> dict[str, Any]:
    parts = content[:cut], content[cut:]
    of_parts = b"".join(zlib.crc32(part).to_bytes(4, "big") for part in parts)
    return crc32(of_parts, Type="COMPOSITE", Parts=[[1, len(part)] for part in parts])


@pytest.mark.parametrize("told", [{}, crc32(LARGE), composite(LARGE, 3333), composite(LARGE, 300)])
def test_the_checksum_of_what_arrives_is_that_of_the_object(
    standin: Standin, remote: ObjectSource, tmp_path: Path, told: dict[str, Any]
) -> None:
    standin.put("data", "d/x", LARGE)
    standin.located["d/x"] = told

    assert fetch(remote, tmp_path / "to") == {"x": LARGE}


@pytest.mark.parametrize(
    ("told", "size"),
    [
        (crc32(LARGE[1:]), len(LARGE)),
        (composite(LARGE[::-1], 3333), len(LARGE)),
        ({"ETag": "0" * 32}, RANGE),
    ],
)
def test_an_object_that_arrives_damaged_does_not_become_a_file(
    standin: Standin, remote: ObjectSource, tmp_path: Path, told: dict[str, Any], size: int
) -> None:
    standin.put("data", "d/x", LARGE[:size])
    standin.located["d/x"] = told
    standin.checks_etags = False

    with pytest.raises(OSError, match="s3://data/d/x arrived damaged") as caught:
        fetch(remote, tmp_path / "to")

    assert caught.value.errno == errno.EIO
    assert os.listdir(tmp_path / "to") == []
    assert standin.calls.count("LocateObjects") == 3  # looked at again before each further try


def test_bytes_come_by_the_url_that_the_server_gives(
    standin: Standin, remote: ObjectSource, tmp_path: Path
) -> None:
    elsewhere = Standin().start()
    try:
        elsewhere.put("far", "blob", LARGE)
        standin.put("data", "d/x", LARGE)
        standin.located["d/x"] = {"Url": f"{elsewhere.url}/far/blob?X-Amz-Signature=abc", **crc32(LARGE)}
        elsewhere.fault = lambda _name, count: {1: "half", 2: "slow", 3: "drop"}.get(count)

        assert fetch(remote, tmp_path / "to") == {"x": LARGE}
        assert standin.calls == ["LocateObjects"]
    finally:
        elsewhere.stop()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/blob", "http://no-such-host.invalid/", "what", "ftp://"])
def test_what_no_url_gives_comes_from_the_server(
    standin: Standin, remote: ObjectSource, tmp_path: Path, url: str
) -> None:
    standin.put("data", "d/x", LARGE)
    standin.located["d/x"] = {"Url": url}

    assert fetch(remote, tmp_path / "to") == {"x": LARGE}


def test_a_url_whose_object_is_gone_leaves_the_rest_to_the_server(
    standin: Standin, remote: ObjectSource, tmp_path: Path
) -> None:
    elsewhere = Standin().start()
    try:
        elsewhere.put("far", "blob", LARGE)
        standin.put("data", "d/x", LARGE)
        standin.located["d/x"] = {"Url": f"{elsewhere.url}/far/blob?X-Amz-Signature=abc"}

        def gone(_name: str, count: int) -> None:
            if count == 4:
                elsewhere.objects.clear()

        elsewhere.fault = gone  # type: ignore[assignment]

        assert fetch(remote, tmp_path / "to") == {"x": LARGE}
    finally:
        elsewhere.stop()


def test_what_was_replaced_behind_a_url_is_not_mixed_with_what_was_located(
    standin: Standin, remote: ObjectSource, tmp_path: Path
) -> None:
    elsewhere = Standin().start()
    try:
        elsewhere.put("far", "blob", LARGE)
        standin.put("data", "d/x", LARGE)
        url = f"{elsewhere.url}/far/blob?X-Amz-Signature=abc"
        standin.located["d/x"] = {"Url": url, "UrlETag": etag_of(LARGE)}

        def replaced(_name: str, count: int) -> None:
            if count == 2:
                elsewhere.put("far", "blob", b"z" * len(LARGE))

        elsewhere.fault = replaced  # type: ignore[assignment]

        assert fetch(remote, tmp_path / "to") == {"x": LARGE}
        assert "GET /data/d/x" in standin.calls
    finally:
        elsewhere.stop()


def test_an_s3_that_stays_away_ends_the_download_after_a_while(
    standin: Standin, remote: ObjectSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin.put("data", "d/x", LARGE)
    standin.fault = lambda name, _count: "slow" if name == "LocateObjects" else None
    monkeypatch.setattr(objects, "DATA_PATIENCE_S", 0.1)

    with closing(remote.fork()) as source, pytest.raises(ClientError, match="SlowDown"):
        fetch(source, tmp_path / "to")

    assert standin.calls.count("LocateObjects") > 1


@pytest.mark.parametrize(
    ("names", "threads", "each_has"), [("x", 2, [2]), ("xy", 2, [1, 1]), ("xy", 3, [1, 2])]
)
def test_each_thread_has_an_object_of_its_own_before_two_share_one(
    standin: Standin,
    remote: ObjectSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: str,
    threads: int,
    each_has: list[int],
) -> None:
    for name in names:
        standin.put("data", f"d/{name}", LARGE)
    first: list[str] = []
    all_have_one = threading.Barrier(threads)
    read_range = ObjectSource.read_range

    def read(self: ObjectSource, bucket: str, item: Listed, *more: Any) -> None:
        if len(first) < threads:
            first.append(item.key)
            all_have_one.wait(60)
        read_range(self, bucket, item, *more)

    monkeypatch.setattr(ObjectSource, "read_range", read)
    monkeypatch.setattr(downloads, "THREADS", threads)

    assert fetch(remote, tmp_path / "to") == dict.fromkeys(names, LARGE)
    assert sorted(first.count(f"d/{name}") for name in names) == each_has


def test_threads_help_with_an_object_that_takes_long_to_open(
    standin: Standin, remote: ObjectSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin.put("data", "d/x", LARGE)
    by: set[str] = set()
    two_fetch = threading.Barrier(2)
    read_range = ObjectSource.read_range

    def read(self: ObjectSource, *what: Any) -> None:
        if threading.current_thread().name not in by:
            by.add(threading.current_thread().name)
            two_fetch.wait(60)
        read_range(self, *what)

    class Slow:
        def begin(self, _item: Listed) -> int:
            time.sleep(0.2)
            return os.open(tmp_path / "x", os.O_WRONLY | os.O_CREAT)

        def complete(self, descriptor: int) -> None:
            os.close(descriptor)

        abandon = complete

    monkeypatch.setattr(ObjectSource, "read_range", read)
    monkeypatch.setattr(downloads, "THREADS", 2)
    downloads.download_all([downloads.Download("data", one.item, Slow()) for one in listed(remote)], remote)

    assert (tmp_path / "x").read_bytes() == LARGE
    assert len(by) == 2


def test_no_more_files_are_open_than_there_are_threads(
    standin: Standin, remote: ObjectSource, tmp_path: Path
) -> None:
    for number in range(30):
        standin.put("data", f"d/{number}", LARGE)
    folder = tmp_path / "to"
    folder.mkdir()
    lock = threading.Lock()
    now_open: set[int] = set()
    counts: list[int] = []

    class Counted:
        def begin(self, item: Listed) -> int:
            with lock:
                descriptor = os.open(folder / item.key[2:], os.O_WRONLY | os.O_CREAT)
                now_open.add(descriptor)
                counts.append(len(now_open))
                return descriptor

        def complete(self, descriptor: int) -> None:
            with lock:
                now_open.remove(descriptor)
                os.close(descriptor)

        abandon = complete

    work = [downloads.Download("data", one.item, Counted()) for one in listed(remote)]
    downloads.download_all(work, remote)

    assert {path.read_bytes() for path in folder.iterdir()} == {LARGE}
    assert len(counts) == 30
    assert max(counts) <= downloads.THREADS


def test_no_write_is_larger_than_the_memory_that_linux_keeps_for_the_next_one(
    standin: Standin, remote: ObjectSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "RANGE_BYTES", 16 << 20)
    sizes: list[int] = []
    pwrite = os.pwrite

    def counted(descriptor: int, part: memoryview, position: int) -> int:
        sizes.append(len(part))
        return pwrite(descriptor, part, position)

    monkeypatch.setattr(os, "pwrite", counted)
    content = LARGE * 50
    standin.put("data", "d/x", content)

    assert fetch(remote, tmp_path / "to") == {"x": content}
    assert max(sizes) == 32 << 10


def test_a_full_disk_ends_all_threads_at_once(standin: Standin, remote: ObjectSource, tmp_path: Path) -> None:
    for number in range(30):
        standin.put("data", f"d/{number}", LARGE)

    class Full:
        def begin(self, _item: Listed) -> int:
            return os.open("/dev/full", os.O_WRONLY)

        def complete(self, _descriptor: int) -> None:
            raise AssertionError

        def abandon(self, descriptor: int) -> None:
            os.close(descriptor)

    work = [downloads.Download("data", one.item, Full()) for one in listed(remote)]

    with pytest.raises(OSError, match="No space left") as caught:
        downloads.download_all(work, remote)

    assert caught.value.errno == errno.ENOSPC
    assert sum(call.startswith("GET") for call in standin.calls) <= 3 * downloads.THREADS
    assert all(each.descriptor == -1 for each in work)
