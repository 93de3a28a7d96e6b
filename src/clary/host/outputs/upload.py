"""Uploads the results of a job: the model and output/data, as archives or file by file.

User code has written these folders, so nothing in them is trusted: links out of a folder are left out, and so
is everything that is neither a file nor a folder. The job's log names what is left out.
"""

from __future__ import annotations

import os
import stat
import tarfile
from typing import TYPE_CHECKING

from ..beneath import FolderEntry, walk_beneath
from ..client.s3 import S3Uri
from ..errors import out_of_space
from .delivery import Delivery, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ..client.objects import ObjectSource

# Weights hardly compress: level 1 is 3 times faster than 6, and the archive 1 % larger.
GZIP_LEVEL = 1


def upload_folder(
    root: Path,
    relative: str,
    uri: str,
    compression: str,
    scratch: Path,
    source: ObjectSource,
    note: Callable[[str], None],
) -> bool:
    """Uploads ``root/relative`` to ``uri``; returns whether there was anything to upload.

    uri: of the archive. With compression NONE the files are uploaded below the folder of the same name.
    Raises ClientError, and OSError (no space left among them).
    """
    place = S3Uri.parse(folder_uri(uri) if compression == "NONE" else uri)
    delivery = Delivery(source, place, relative, note)
    if compression == "NONE":
        return _upload_files(root, relative, delivery)
    if not any(True for _ in walk_beneath(root, relative, delivery.leave_out)):
        return False
    archive = scratch / f"{relative.replace('/', '-')}.tar.gz"
    try:
        _pack(root, relative, archive, delivery)
        with open(archive, "rb") as file:
            put(source, place, file.fileno())
    finally:
        archive.unlink(missing_ok=True)  # it may have filled the disk
    return True


def folder_uri(uri: str) -> str:
    """Returns the URI of uncompressed output: ``.../model/`` for ``.../model.tar.gz`` and ``.../model``."""
    return uri.removesuffix(".tar.gz").rstrip("/") + "/"


def _upload_files(root: Path, relative: str, delivery: Delivery) -> bool:
    sent: list[str] = []
    delivery.send_all(_files(walk_beneath(root, relative, delivery.leave_out), delivery), sent.append)
    return bool(sent)


def _files(entries: Iterable[FolderEntry], delivery: Delivery) -> Iterator[tuple[str, Callable[[], int]]]:
    for entry in entries:
        if entry.is_link:
            delivery.leave_out(entry.relative, "it is a symbolic link")
        else:
            yield entry.relative, entry.open


def _pack(root: Path, relative: str, archive: Path, delivery: Delivery) -> None:
    with tarfile.open(archive, "w:gz", compresslevel=GZIP_LEVEL, format=tarfile.PAX_FORMAT) as tar:
        for entry in walk_beneath(root, relative, delivery.leave_out):
            member = _member(entry)
            try:
                target = os.readlink(entry.name, dir_fd=entry.directory_fd) if entry.is_link else ""
                descriptor = -1 if entry.is_link else entry.open()
            except FileNotFoundError:
                continue
            except OSError as error:
                if out_of_space(error):
                    raise
                delivery.leave_out(entry.relative, f"it can't be read: {error.strerror}")
                continue
            if not entry.is_link:
                with open(descriptor, "rb") as file:
                    status = os.fstat(file.fileno())
                    member.size = status.st_size
                    if delivery.admits(entry.relative, status):
                        tar.addfile(member, file)
            elif _stays_inside(entry.relative, target):
                member.type, member.linkname, member.size = tarfile.SYMTYPE, target, 0
                tar.addfile(member)
            else:
                delivery.leave_out(entry.relative, f"it links to {target}, outside its folder")


def _member(entry: FolderEntry) -> tarfile.TarInfo:
    member = tarfile.TarInfo(entry.relative)
    member.mode = stat.S_IMODE(entry.status.st_mode) & 0o777
    member.mtime = entry.status.st_mtime
    return member


def _stays_inside(relative: str, target: str) -> bool:
    if target.startswith("/"):
        return False
    place = os.path.normpath(os.path.join(os.path.dirname(relative), target))
    return place != ".." and not place.startswith("../")
