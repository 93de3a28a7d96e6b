"""Unpacks the user's source and installs its requirements before the user's process starts."""

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
from .fetching import fetch_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..beneath import Place
    from ..bounds import Limits
    from ..client.objects import ObjectSource

REQUIREMENTS = "requirements.txt"
PROJECT_FILES = ("setup.py", "pyproject.toml")
BUILD_FAILED = "The installation failed:"
"""The line that a builder prints between its progress and the reason of its failure."""


def fetch_source(
    uri: str,
    root: Path,
    folder: str,
    scratch: Path,
    source: ObjectSource,
    *,
    what: str = "source archive",
    member: str = "sagemaker_submit_directory",
) -> None:
    """Unpacks the archive at ``uri`` (``s3://...tar.gz``) into ``root/folder``.

    what: the archive in messages. member: what names it. Raises ClientError and OSError.
    """
    try:
        place = S3Uri.parse(uri)
    except ValueError as error:
        raise ClientError(f"{member}: {error}") from error
    items = source.named(place.bucket, [place.key], place)
    if not items:
        raise ClientError(f"The {what} {uri} ({member}) does not exist.")
    path = scratch / "archive.tar.gz"
    fetch_file(place.bucket, items[0], str(path), source)
    with open(path, "rb") as file:
        os.unlink(path)  # the file is removed when it is closed
        unpack_source(file, root, folder, uri, what=what)


def unpack_source(
    archive: BinaryIO, root: Path, folder: str, uri: str, *, what: str = "source archive"
) -> None:
    """Unpacks an open archive into ``root/folder``. Raises ClientError, and OSError when the disk is full."""
    try:
        unpack(archive, root, folder)
    except HostileArchive as error:
        raise ClientError(f"The {what} {uri} was refused: {error}") from error


def add_requirements(
    environment: EnvironmentSpec,
    source: Place,
    on_lines: Callable[[list[bytes]], None],
    *,
    limit_s: float,
    limits: Limits = NO_LIMITS,
    project: bool = False,
) -> EnvironmentSpec:
    """Returns the environment extended by the requirements.txt of a source; unchanged when there is none.

    on_lines: called with the builder's progress. limit_s: the time the build may take. limits: of user code
    that the build runs. project: also installs the source itself when it is a Python project. Raises
    ClientError.
    """
    there = {name for name in (REQUIREMENTS, *PROJECT_FILES) if _has(source, name)}
    if not project:
        there -= set(PROJECT_FILES)
    if not there:
        return environment
    if environment.layer_builder:
        command = [*environment.layer_builder, str(source.path / REQUIREMENTS)]
        command += ["--project"] if project else []
        return run_builder([*command, *_options(limits)], on_lines, limit_s, f"Installing {REQUIREMENTS}")
    if there == {"pyproject.toml"}:
        return environment  # it may hold nothing but settings of tools
    raise ClientError(
        f"The source has a {min(there)}, but the environment {environment.name} can't be extended."
    )


def _options(limits: Limits) -> list[str]:
    """Returns the options of a builder for the limits that are set."""
    said = {
        "--memory-bytes": limits.memory_bytes,
        "--disk-bytes": limits.disk_bytes,
        "--processes": limits.processes,
    }
    return [word for option, value in said.items() if value for word in (option, str(value))]


def _has(source: Place, name: str) -> bool:
    return resolve_beneath(source.path, name) is not None


def run_builder(
    command: Sequence[str], on_lines: Callable[[list[bytes]], None], limit_s: float, what: str
) -> EnvironmentSpec:
    """Runs a command that prints an environment. what: its work, as the beginning of a sentence.

    on_lines: called with its progress. Raises ClientError.
    """
    last: deque[str] = deque(maxlen=8)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        start_new_session=True,
    ) as process:
        # On SIGTERM the builder ends its installer. A build without an end would block the queue.
        too_late = threading.Timer(min(limit_s, threading.TIMEOUT_MAX), process.terminate)
        too_late.start()
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            # stdout is one line, which fits into the pipe. So the builder does not block while stderr is read
            # first.
            for line in process.stderr:
                on_lines([line.rstrip(b"\r\n")])
                last.append(line.decode("utf-8", "replace").rstrip())
                if last[-1] == BUILD_FAILED:
                    last.clear()  # the lines before are progress, which is in the log
            answer = process.stdout.read()
        except BaseException:
            os.killpg(process.pid, 9)
            raise
        finally:
            too_late.cancel()
    if process.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM):
        raise ClientError(f"{what} took longer than {limit_s:g} s, the job's MaxRuntime.")
    if process.returncode != 0:
        raise ClientError(f"{what} failed:\n" + "\n".join(filter(None, last)))
    try:
        return EnvironmentSpec.from_document(json.loads(answer.strip().splitlines()[-1]))
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise ClientError(f"{what} gave no environment: {answer[-200:]!r}") from error
