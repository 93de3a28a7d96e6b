"""The user's source, unpacked before their process starts, with what its requirements.txt asks for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections import deque
from typing import TYPE_CHECKING, BinaryIO

from clary.domain.hosts import EnvironmentSpec

from ..beneath import resolve_beneath
from ..bounds import NO_LIMITS
from ..client.s3 import S3Uri
from ..errors import ClientError
from .archives import HostileArchive, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..beneath import Place
    from ..bounds import Limits
    from ..client.objects import ObjectSource

REQUIREMENTS = "requirements.txt"
PROJECT_FILES = ("setup.py", "pyproject.toml")
BUILD_FAILED = "The installation failed:"
"""The line of the builder between its progress and the reason of its failure."""


def fetch_source(uri: str, root: Path, folder: str, scratch: Path, source: ObjectSource) -> None:
    """Unpacks the archive at ``uri`` (``s3://...tar.gz``) into ``root/folder``.

    Raises ClientError and OSError.
    """
    try:
        place = S3Uri.parse(uri)
    except ValueError as error:
        raise ClientError(f"sagemaker_submit_directory: {error}") from error
    items = source.named(place.bucket, [place.key], place)
    if not items:
        raise ClientError(f"The source archive {uri} (sagemaker_submit_directory) does not exist.")
    with open(scratch / "sourcedir.tar.gz", "w+b") as file:
        os.unlink(file.name)  # it is gone when it is closed

        def restart() -> None:
            file.seek(0)
            file.truncate()

        source.read(place.bucket, items[0], file.write, restart)
        file.seek(0)
        unpack_source(file, root, folder, uri)


def unpack_source(archive: BinaryIO, root: Path, folder: str, uri: str) -> None:
    """Unpacks an open archive into ``root/folder``. Raises ClientError, and OSError when the disk is full."""
    try:
        unpack(archive, root, folder)
    except HostileArchive as error:
        raise ClientError(f"The source archive {uri} was refused: {error}") from error


def add_requirements(
    environment: EnvironmentSpec,
    source: Place,
    on_lines: Callable[[list[bytes]], None],
    *,
    limit_s: float,
    limits: Limits = NO_LIMITS,
    project: bool = False,
) -> EnvironmentSpec:
    """The environment with what the requirements.txt of a source asks for; unchanged where nothing is asked.

    on_lines: gets the builder's progress. limit_s: how long it may take. limits: what user code may take
    meanwhile. project: the source itself is installed too, when it is a Python project. Raises ClientError.
    """
    there = {name for name in (REQUIREMENTS, *PROJECT_FILES) if _has(source, name)}
    if not project:
        there -= set(PROJECT_FILES)
    if not there:
        return environment
    if environment.layer_builder:
        command = [*environment.layer_builder, str(source.path / REQUIREMENTS)]
        command += ["--project"] if project else []
        return _build([*command, *_options(limits)], on_lines, limit_s)
    if there == {"pyproject.toml"}:
        return environment  # it may well hold settings of tools, and nothing to install
    raise ClientError(
        f"The source has a {min(there)}, but the environment {environment.name} can't be extended."
    )


def _options(limits: Limits) -> list[str]:
    """Limits as a builder is told them; those that are none are not said."""
    said = {
        "--memory-bytes": limits.memory_bytes,
        "--disk-bytes": limits.disk_bytes,
        "--processes": limits.processes,
    }
    return [word for option, value in said.items() if value for word in (option, str(value))]


def _has(source: Place, name: str) -> bool:
    return resolve_beneath(source.path, name) is not None


def _build(
    command: Sequence[str], on_lines: Callable[[list[bytes]], None], limit_s: float
) -> EnvironmentSpec:
    last: deque[str] = deque(maxlen=8)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        start_new_session=True,
    ) as process:
        # It ends its installer when it is told to stop. A build that never ends would hold the queue.
        too_late = threading.Timer(min(limit_s, threading.TIMEOUT_MAX), process.terminate)
        too_late.start()
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            # The one line of stdout fits its pipe, so reading stderr first can't block the builder.
            for line in process.stderr:
                on_lines([line.rstrip(b"\r\n")])
                last.append(line.decode("utf-8", "replace").rstrip())
                if last[-1] == BUILD_FAILED:
                    last.clear()  # what came before is progress, which is in the log
            answer = process.stdout.read()
        except BaseException:
            os.killpg(process.pid, 9)
            raise
        finally:
            too_late.cancel()
    if process.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM):
        raise ClientError(f"Installing {REQUIREMENTS} took longer than {limit_s:g} s, the job's MaxRuntime.")
    if process.returncode != 0:
        raise ClientError(f"Installing {REQUIREMENTS} failed:\n" + "\n".join(filter(None, last)))
    try:
        return EnvironmentSpec.from_document(json.loads(answer.strip().splitlines()[-1]))
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise ClientError(f"Installing {REQUIREMENTS} gave no environment: {answer[-200:]!r}") from error
