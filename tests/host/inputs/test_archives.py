"""Effects of an archive on the folder into which it is unpacked; it must have none elsewhere."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import stat
import struct
import tarfile
from pathlib import Path

import pytest

from clary.host.inputs.archives import HEADER_BYTES, ArchiveLimits, HostileArchive, unpack


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def link(name: str, target: str) -> tarfile.TarInfo:
    return member(name, tarfile.SYMTYPE, target)


def plain(*entries: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                archive.addfile(member(entry[0], size=len(entry[1])), io.BytesIO(entry[1]))
    return buffer.getvalue()


def tar(*entries: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    return gzip.compress(plain(*entries))


class Box:
    """A folder ``code`` to unpack into, and a secret beside it that must not change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.code = root / "deep/code"
        self.code.mkdir(parents=True)
        self.secret = root / "deep/secret"
        self.secret.write_text("key")

    def unpack(self, data: bytes, limits: ArchiveLimits | None = None) -> None:
        path = self.root / "source.tar.gz"
        path.write_bytes(data)
        with path.open("rb") as file:
            unpack(file, self.root / "deep", "code", limits)

    def refuses(self, data: bytes, words: str = ".", limits: ArchiveLimits | None = None) -> None:
        with pytest.raises(HostileArchive, match=words):
            self.unpack(data, limits)
        assert sorted(os.listdir(self.root)) == ["deep", "source.tar.gz"]
        assert sorted(os.listdir(self.root / "deep")) == ["code", "secret"]
        assert self.secret.read_text() == "key"
        assert self.secret.stat().st_nlink == 1


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress], ids=["tar", "gz", "bz2"])
def test_files_folders_and_links_inside_are_unpacked(box: Box, pack: type[bytes]) -> None:
    data = plain(
        ("pkg/real.py", b"1"),
        member("empty", tarfile.DIRTYPE),
        link("alias", "pkg/real.py"),
        member("hard", tarfile.LNKTYPE, "pkg/real.py"),
    )

    box.unpack(pack(data))

    assert (box.code / "alias").read_text() == "1"
    assert (box.code / "hard").read_text() == "1"
    assert (box.code / "empty").is_dir()


def test_no_right_comes_with_an_archive(box: Box) -> None:
    box.unpack(
        tar(member("run", mode=0o6777), member("read", mode=0o4400), member("d", tarfile.DIRTYPE, mode=0))
    )

    modes = {name: stat.S_IMODE((box.code / name).stat().st_mode) for name in os.listdir(box.code)}
    assert modes == {"run": 0o755, "read": 0o644, "d": 0o755}


def test_a_name_that_is_no_utf_8_is_unpacked_as_it_is(box: Box) -> None:
    box.unpack(tar((os.fsdecode(b"caf\xe9.txt"), b"1")))

    assert os.listdir(os.fsencode(box.code)) == [b"caf\xe9.txt"]


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("../secret", b"x")], "outside"),
        ([("a/../../secret", b"x")], "outside"),
        ([("/tmp/secret", b"x")], "outside"),
        ([link("out", "../")], "outside"),
        ([link("out", "/etc")], "outside"),
        ([link("in", "."), ("in/file", b"x")], "goes through a link"),
        ([link("a", "b/c"), link("b", "."), ("a/../file", b"x")], "outside"),
        ([member("hard", tarfile.LNKTYPE, "../secret")], "outside"),
        ([link("soft", "x"), member("hard", tarfile.LNKTYPE, "soft")], "no file"),
        ([link("soft", "."), member("hard", tarfile.LNKTYPE, "soft/x")], "goes through a link"),
        ([member("device", tarfile.CHRTYPE)], "device"),
        ([member("device", tarfile.BLKTYPE)], "device"),
        ([member("fifo", tarfile.FIFOTYPE)], "device or a pipe"),
        ([member("d", tarfile.DIRTYPE), ("d", b"x")], "a file and a folder"),
        ([("f", b"x"), ("f/x", b"x")], "goes through"),
        ([("d/" * 65 + "f", b"x")], "deep"),
        ([("n" * 256, b"x")], "can't be unpacked"),
        ([member(".", size=0)], "no name"),
    ],
)  # fmt: skip
def test_a_hostile_archive_is_refused(
    box: Box, entries: list[tarfile.TarInfo | tuple[str, bytes]], words: str
) -> None:
    box.refuses(tar(*entries), words)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"not a tar archive at all", "not a complete"),
        (b"", "not a complete"),
        (tar(("cut", os.urandom(100_000)))[:60_000], "not a complete"),
        (b"PK\x03\x04" + b"0" * 100, "a zip file"),
        (b"\xfd7zXZ\0" + b"0" * 100, "packed by xz"),
    ],
    ids=["text", "nothing", "cut off", "zip", "xz"],
)
def test_what_is_no_archive_says_so(box: Box, data: bytes, words: str) -> None:
    box.refuses(data, words)


def test_links_of_an_earlier_archive_are_not_followed_by_a_later_one(box: Box) -> None:
    box.unpack(tar(link("a", "b"), link("b", "x")))
    (box.code / "b").unlink()
    (box.code / "b").symlink_to("..")

    box.refuses(tar(("b/secret", b"x")), "goes through a link")
    box.refuses(tar(member("h", tarfile.LNKTYPE, "b/secret")), "goes through a link")


def test_a_file_that_others_share_is_replaced_not_written_to(box: Box) -> None:
    os.link(box.secret, box.code / "shared")

    box.unpack(tar(("shared", b"new")))

    assert (box.code / "shared").read_text() == "new"
    assert box.secret.read_text() == "key"


def test_a_link_is_replaced_not_written_through(box: Box) -> None:
    (box.code / "x").symlink_to("../secret")

    box.unpack(tar(("x", b"new")))

    assert (box.code / "x").read_text() == "new"
    assert box.secret.read_text() == "key"


def test_a_folder_that_became_a_link_is_not_unpacked_into(box: Box) -> None:
    box.code.rmdir()
    box.code.symlink_to("..")

    with pytest.raises(HostileArchive):
        box.unpack(tar(("x", b"1")))

    assert not (box.root / "x").exists()


# Bounds on archives


SMALL = ArchiveLimits(size_bytes=1 << 20, always_bytes=1 << 20, members=10, depth=4)


def test_a_sparse_file_is_refused_before_it_takes_space(box: Box) -> None:
    """213 bytes that become 3 GiB."""
    header = bytearray(plain(member("huge", tarfile.GNUTYPE_SPARSE))[:512])
    header[124:136] = b"%011o\0" % 0
    header[483:495] = b"%011o\0" % (3 << 30)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)

    box.refuses(gzip.compress(bytes(header) + b"\0" * 1024), "sparse")

    assert os.listdir(box.code) == []


def test_a_sparse_file_of_the_newer_kind_is_refused(box: Box) -> None:
    info = member("huge", size=512)
    info.pax_headers = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "huge",
        "GNU.sparse.realsize": str(3 << 30),
    }  # fmt: skip
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(b"1\n0\n1\n".ljust(512, b"\0")))

    box.refuses(gzip.compress(buffer.getvalue()), "sparse")


def test_an_archive_that_grows_beyond_its_bound_is_refused(box: Box) -> None:
    box.refuses(tar(("zeros", b"\0" * (2 << 20))), "becomes more than 1048576 bytes", SMALL)

    assert sum(path.stat().st_size for path in box.code.iterdir()) <= 1 << 20


def test_a_bound_grows_with_the_archive_up_to_a_limit() -> None:
    limits = ArchiveLimits(size_bytes=1000, always_bytes=10, growth=5)

    assert [limits.of(size) for size in (1, 10, 100, 1000)] == [10, 50, 500, 1000]


def test_too_many_entries_are_refused(box: Box) -> None:
    box.refuses(tar(*(member(f"f{number}") for number in range(11))), "more than 10 entries", SMALL)


def test_a_header_is_not_read_whatever_its_size(box: Box) -> None:
    info = tarfile.TarInfo("h")
    info.type, info.size = tarfile.XHDTYPE, 4 << 30

    box.refuses(gzip.compress(info.tobuf() + b"0" * HEADER_BYTES), "header of 4294967296 bytes")


def test_a_negative_size_does_not_hold_the_agent_for_ever(box: Box) -> None:
    header = bytearray(tarfile.TarInfo("x").tobuf())
    header[124:136] = b"\xff" * 4 + struct.pack(">q", -1536)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)

    box.refuses(bytes(header) * 3 + b"\0" * 1024)


@pytest.mark.parametrize("mtime", [-1.0, 1e300, float("nan")])
def test_a_time_that_makes_no_sense_is_left_out(box: Box, mtime: float) -> None:
    info = member("x")
    info.pax_headers = {"mtime": str(mtime)}

    box.unpack(tar(info))

    assert (box.code / "x").exists()
