"""What a job made goes to S3: the model, and output/data, as archives or file by file.

The folders belonged to user code, so nothing in them is trusted: links that leave a folder are left out,
and so is everything that is neither a file nor a folder.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from .beneath import Entry, walk_beneath
from .s3 import S3Uri
from .service import ServiceError

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Callable
    from pathlib import Path

    from .objects import ObjectSource

# Models are mostly noise to gzip: level 1 is 3 times faster than 6 and 1 % larger.
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
    """Uploads ``root/relative`` to ``uri`` and answers whether there was anything to upload.

    uri: of the archive; under compression NONE its files go below the folder of the same name instead.
    Raises ClientError, and OSError (no space left among them).
    """
    if not any(True for _ in walk_beneath(root, relative)):
        return False
    if compression == "NONE":
        _upload_files(root, relative, S3Uri.parse(folder_uri(uri)), source, note)
    else:
        archive = scratch / f"{relative.replace('/', '-')}.tar.gz"
        try:
            _pack(root, relative, archive, note)
            with open(archive, "rb") as file:
                put(source, S3Uri.parse(uri), file.fileno())
        finally:
            archive.unlink(missing_ok=True)  # it may be what filled the disk
    return True


def folder_uri(uri: str) -> str:
    """Where uncompressed output goes: ``.../model.tar.gz`` and ``.../model`` give ``.../model/``."""
    return uri.removesuffix(".tar.gz").rstrip("/") + "/"


def put(source: ObjectSource, uri: S3Uri, descriptor: int) -> None:
    """Uploads one open file; raises ClientError when the role may not."""
    try:
        source.s3.put_file(uri.bucket, uri.key, descriptor)
    except ServiceError as error:
        raise source.trouble(error, uri, "s3:PutObject") from error


def _upload_files(
    root: Path, relative: str, uri: S3Uri, source: ObjectSource, note: Callable[[str], None]
) -> None:
    for entry in walk_beneath(root, relative):
        if entry.is_link:
            note(f"{relative}/{entry.relative} is a symbolic link and was not uploaded")
            continue
        descriptor = entry.open()
        try:
            put(source, S3Uri(uri.bucket, uri.key + entry.relative), descriptor)
        finally:
            os.close(descriptor)


def _pack(root: Path, relative: str, archive: Path, note: Callable[[str], None]) -> None:
    import tarfile

    with tarfile.open(archive, "w:gz", compresslevel=GZIP_LEVEL, format=tarfile.PAX_FORMAT) as tar:
        for entry in walk_beneath(root, relative):
            member = _member(entry)
            if entry.is_link:
                target = os.readlink(entry.name, dir_fd=entry.directory_fd)
                if not _stays_inside(entry.relative, target):
                    note(
                        f"{relative}/{entry.relative} links to {target}, outside its folder, and was left out"
                    )
                    continue
                member.type, member.linkname, member.size = tarfile.SYMTYPE, target, 0
                tar.addfile(member)
            else:
                with open(entry.open(), "rb") as file:
                    member.size = os.fstat(file.fileno()).st_size
                    tar.addfile(member, file)


def _member(entry: Entry) -> tarfile.TarInfo:
    import tarfile

    member = tarfile.TarInfo(entry.relative)
    member.mode = stat.S_IMODE(entry.status.st_mode) & 0o777
    member.mtime = entry.status.st_mtime
    return member


def _stays_inside(relative: str, target: str) -> bool:
    if target.startswith("/"):
        return False
    place = os.path.normpath(os.path.join(os.path.dirname(relative), target))
    return place != ".." and not place.startswith("../")
