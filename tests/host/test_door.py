"""Random links, archives and paths of users: nothing outside their folder is read or written.

<tmp>/outside/        secrets, in files and folders, that must neither be seen nor change
<tmp>/host/inside/    what a user can fill and rearrange
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clary.compute.environments.requirements import BadRequirements, Requirements, read_requirements
from clary.compute.environments.source_copy import copy_source, digest_of
from clary.host.beneath import (
    list_beneath,
    open_beneath,
    read_beneath,
    resolve_beneath,
    walk_beneath,
)
from clary.host.inputs.archives import ArchiveLimits, HostileArchive, unpack
from clary.host.removal import remove_tree

SECRET = b"SECRET"
OPTIONS = (
    "{}", "-r {}", "-c {}", "-e {}", "-f {}", "--index-url {}", "--extra-index-url file://{}", "a @ {}",
    "a @ file:{}", "a @ file://{}", "{} --find-links /etc", "--build-constraint {}", "/opt/ml/code/{}",
    "${{HOME}}{}",
)  # fmt: skip
CONFIGURED = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

names = st.sampled_from(["a", "b", "c", "inside", "outside", "secret", "requirements.txt", "x\udce9"])
steps = st.sampled_from(["a", "b", "c", "secret", "..", ".", "", "inside", "outside", "host"])
paths = st.one_of(
    st.lists(names, min_size=1, max_size=4).map("/".join),
    st.lists(steps, min_size=1, max_size=7).map("/".join),
    st.sampled_from(
        ["/OUTSIDE/secret", "/OUTSIDE", "/etc/passwd", "../../outside/secret", "../../outside", "/"]
    ),
)
kinds = st.sampled_from(["file", "folder", "link", "hard", "fifo", "device"])
entries = st.lists(st.tuples(kinds, paths, paths), max_size=12)


class World:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.outside = root / "outside"
        (self.outside / "deep/er").mkdir(parents=True)
        for name in ("secret", "a", "requirements.txt", "deep/secret", "deep/er/secret"):
            (self.outside / name).write_bytes(SECRET)
        self.host = root / "host"
        self.inside = self.host / "inside"
        self.inside.mkdir(parents=True)

    def path(self, text: str) -> str:
        return text.replace("/OUTSIDE", str(self.outside))

    def grow(self, made: list[tuple[str, str, str]]) -> None:
        """Makes entries as user code could: below ``inside``, and through what it made before."""
        for kind, path, target in made:
            place = os.path.normpath(f"{self.inside}/{path.lstrip('/')}")
            if not os.path.realpath(os.path.dirname(place)).startswith(str(self.inside)):
                continue
            with suppress(OSError):
                os.makedirs(os.path.dirname(place), exist_ok=True)
                if kind == "file":
                    with open(place, "xb") as file:
                        file.write(b"own")
                elif kind == "folder":
                    os.mkdir(place)
                elif kind == "link":
                    os.symlink(self.path(target), place)
                elif kind == "fifo":
                    os.mkfifo(place)

    def state(self) -> dict[str, tuple[int, ...]]:
        found = {}
        for folder, folders, files in os.walk(self.root):
            if Path(folder) == self.root:
                folders[:] = [name for name in folders if name != "host"]
            for name in (*folders, *files):
                status = os.lstat(os.path.join(folder, name))
                found[os.path.join(folder, name)] = (
                    stat.S_IFMT(status.st_mode), status.st_mode, status.st_nlink, status.st_size,
                    status.st_mtime_ns, status.st_ctime_ns, status.st_ino,
                )  # fmt: skip
        found["host"] = (sorted(os.listdir(self.host)) == ["inside"],)
        return found


@contextmanager
def world() -> Iterator[World]:
    """Fails when anything but ``inside`` changes in it."""
    with tempfile.TemporaryDirectory() as folder:
        made = World(Path(folder).resolve())
        before = made.state()
        yield made
        assert made.state() == before
        for name in ("secret", "deep/secret"):
            assert (made.outside / name).read_bytes() == SECRET


def archive(world: World, members: list[tuple[str, str, str]]) -> io.BytesIO:
    buffer = io.BytesIO()
    types = {
        "file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE,
        "fifo": tarfile.FIFOTYPE, "device": tarfile.CHRTYPE,
    }  # fmt: skip
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for kind, path, target in members:
            info = tarfile.TarInfo(world.path(path))
            info.type, info.linkname, info.mode = types[kind], world.path(target), 0o6755
            info.size = 3 if kind == "file" else 0
            tar.addfile(info, io.BytesIO(b"own"))
    return io.BytesIO(gzip.compress(buffer.getvalue(), 1))


def unpack_into(world: World, folder: str, members: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(archive(world, members).getvalue())
        file.seek(0)
        with suppress(HostileArchive):
            unpack(file, world.host, folder, ArchiveLimits(size_bytes=1 << 20))


def everything_seen(world: World, wanted: list[str]) -> bytes:
    """Returns the content that each method of reading gives."""
    seen = [b"".join(os.fsencode(name) for name, _ in list_beneath(world.host, path)) for path in wanted]
    for path in ["inside", *wanted]:
        for entry in walk_beneath(world.host, path):
            seen.append(os.fsencode(entry.relative))
            with suppress(OSError), open(entry.open(), "rb") as file:
                seen.append(file.read())
    for path in wanted:
        seen.append(read_beneath(world.host, path, 100) or b"")
        resolved = resolve_beneath(world.inside, path)
        if resolved is not None:
            assert not resolved.startswith("/")
            assert ".." not in resolved.split("/")
            seen.append(read_beneath(world.inside, resolved, 100) or b"")
    return b"\n".join(seen)


@CONFIGURED
@given(made=entries, wanted=st.lists(paths, max_size=8))
def test_nothing_outside_is_read(made: list[tuple[str, str, str]], wanted: list[str]) -> None:
    with world() as here:
        here.grow(made)

        seen = everything_seen(
            here, [f"inside/{path}" for path in wanted] + [here.path(path) for path in wanted]
        )

        assert SECRET not in seen


@CONFIGURED
@given(made=entries, path=paths)
def test_nothing_outside_is_written(made: list[tuple[str, str, str]], path: str) -> None:
    with world() as here:
        here.grow(made)

        with suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.close(open_beneath(here.host, f"inside/{here.path(path)}", flags))


@CONFIGURED
@given(made=entries, archives=st.lists(entries, min_size=1, max_size=3))
def test_no_archive_leaves_its_folder_whatever_was_there_before(
    made: list[tuple[str, str, str]], archives: list[list[tuple[str, str, str]]]
) -> None:
    with world() as here:
        here.grow(made)

        for members in archives:
            unpack_into(here, "inside", members)
            unpack_into(here, "inside/a", members)

        assert SECRET not in everything_seen(here, ["inside/a"])
        for entry in walk_beneath(here.host, "inside"):
            assert not entry.status.st_mode & 0o6000 or entry.is_link


@CONFIGURED
@given(made=entries)
def test_removal_stays_inside(made: list[tuple[str, str, str]]) -> None:
    with world() as here:
        here.grow(made)

        remove_tree(here.inside)

        assert not here.inside.exists()
        here.inside.mkdir()


@CONFIGURED
@given(made=entries, asked=st.lists(st.tuples(st.sampled_from(OPTIONS), paths), max_size=6), link=paths)
def test_no_requirement_reads_or_copies_anything_outside(
    made: list[tuple[str, str, str]], asked: list[tuple[str, str]], link: str
) -> None:
    with world() as here:
        here.grow(made)
        top = here.inside / "requirements.txt"
        # Where user code has made a link or a pipe of that name, that is what is to be read.
        with suppress(FileExistsError), open(top, "xb") as file:
            file.write(b"".join(os.fsencode(o.format(here.path(path))) + b"\n" for o, path in asked))
        with suppress(OSError):
            (here.inside / "b").symlink_to(here.path(link))

        found, copied = Requirements(), b""
        with suppress(BadRequirements):
            found = read_requirements(top)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy"
            copy_source(here.inside, copy)
            digest_of(copy, ["."])
            for entry in walk_beneath(copy):
                real = os.path.realpath(copy / entry.relative)
                assert f"{real}/".startswith(f"{os.path.realpath(copy)}/")
                if not entry.is_link:
                    copied += (copy / entry.relative).read_bytes()

        assert SECRET not in copied
        lines = [line.spelled(lambda local: f"{here.inside}/{local}") for line in found.lines]
        assert SECRET.decode() not in "".join(lines)
        for local in found.locals:
            assert os.path.realpath(here.inside / local) == os.path.normpath(here.inside / local)
            assert f"{os.path.realpath(here.inside / local)}/".startswith(f"{here.inside}/")
