"""The user's source, unpacked before their process starts, with what its requirements.txt asks for."""

from __future__ import annotations

import json
import os
import subprocess
from collections import deque
from typing import TYPE_CHECKING

from clary.domain.hosts import EnvironmentSpec

from .errors import ClientError
from .s3 import S3Uri

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .objects import ObjectSource

REQUIREMENTS = "requirements.txt"


def fetch_source(uri: str, folder: Path, scratch: Path, source: ObjectSource) -> None:
    """Unpacks the archive at ``uri`` (``s3://...tar.gz``) into ``folder``. Raises ClientError and OSError."""
    place = S3Uri.parse(uri)
    items = source.named(place.bucket, [place.key], place)
    if not items:
        raise ClientError(f"The source archive {uri} (sagemaker_submit_directory) does not exist.")
    archive = scratch / "sourcedir.tar.gz"
    with open(archive, "wb") as file:

        def restart() -> None:
            file.seek(0)
            file.truncate()

        source.read(place.bucket, items[0], file.write, restart)
    unpack(archive, folder, uri)
    os.unlink(archive)


def unpack(archive: Path, folder: Path, uri: str) -> None:
    """Unpacks a source archive into ``folder``; raises ClientError when it wants to write anywhere else."""
    from .injected.launcher import HostileArchive, extract_archive

    try:
        extract_archive(str(archive), str(folder))
    except HostileArchive as error:
        raise ClientError(f"The source archive {uri} was refused: {error}") from error


def add_requirements(
    environment: EnvironmentSpec, folder: Path, on_lines: Callable[[list[bytes]], None]
) -> EnvironmentSpec:
    """The environment with what ``folder/requirements.txt`` asks for; unchanged without such a file.

    on_lines: gets the builder's progress. Raises ClientError.
    """
    if not (folder / REQUIREMENTS).is_file():
        return environment
    if not environment.layer_builder:
        raise ClientError(
            f"The source has a {REQUIREMENTS}, but the environment {environment.name} can't be extended."
        )
    return _build(environment.layer_builder, folder, on_lines)


def _build(
    builder: tuple[str, ...], folder: Path, on_lines: Callable[[list[bytes]], None]
) -> EnvironmentSpec:
    last: deque[str] = deque(maxlen=8)
    with subprocess.Popen(
        [*builder, str(folder / REQUIREMENTS)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            # The one line of stdout fits its pipe, so reading stderr first can't block the builder.
            for line in process.stderr:
                on_lines([line.rstrip(b"\r\n")])
                last.append(line.decode("utf-8", "replace").rstrip())
            answer = process.stdout.read()
        except BaseException:
            os.killpg(process.pid, 9)
            raise
    if process.returncode != 0:
        raise ClientError(f"Installing {REQUIREMENTS} failed:\n" + "\n".join(filter(None, last)))
    try:
        return EnvironmentSpec.from_document(json.loads(answer.strip().splitlines()[-1]))
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise ClientError(f"Installing {REQUIREMENTS} gave no environment: {answer[-200:]!r}") from error
