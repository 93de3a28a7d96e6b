"""The command ``fetch --root R --hosts H --most-bytes N SPEC``: see ``commands.py``

Brings the environment of a host's spec from the server to this node, or finds that another host has brought
it. Progress goes to stderr; the last line on stdout is the EnvironmentSpec as JSON. On failure the exit
status is 1 and the reason follows the line BUILD_FAILED on stderr. Then environments that were not used for
the longest time are removed, if the node keeps more than N bytes.
"""

from __future__ import annotations

import argparse
import io
import json
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from clary.domain.hosts import HostName, HostSpec
from clary.domain.hosts.protocol import HEADER, version
from clary.host.agent import agent_service
from clary.host.client.service import DATA_PATIENCE_S, ServiceError
from clary.host.inputs.source import BUILD_FAILED
from clary.host.workloads.workload import find_workload

from .environments import Environments
from .installer import EnvironmentBuildFailed
from .marker import marker_from

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from clary.domain.hosts import EnvironmentSpec
    from clary.host.client.connection import ServerResponse

PIECE_BYTES = 1 << 20
SAID_EVERY_S = 5.0
YOUNG_S = 600.0
"""How long an environment is kept after its last use, whatever the bound: its host may be starting."""


def fetch(root: Path, spec: HostSpec) -> EnvironmentSpec:
    """Returns the environment of a host on this machine. Raises EnvironmentBuildFailed."""
    environments, wanted = Environments(root), spec.environment
    found = environments.find_key(wanted.name)
    if found is None:
        found = _receive(environments, spec)
    return replace(found, variables=wanted.variables, serving=wanted.serving, front=wanted.front)


def keep_within(environments: Environments, most_bytes: int, used: set[str]) -> list[str]:
    """Removes the environments that were not used for the longest time. Returns their keys.

    used: keys of environments that running hosts use, which are kept with their layers.
    """
    removed = []
    installed = environments.installed()
    total = sum(each.size_bytes for each in installed)
    for each in reversed(installed):
        if total <= most_bytes:
            break
        if each.key.partition("+")[0] in used or time.time() - each.last_used_at < YOUNG_S:
            continue
        with suppress(OSError):
            environments.remove(each.key)
            total -= each.size_bytes
            removed.append(each.key)
    return removed


def used_by(hosts: Path) -> set[str]:
    """Returns the keys of the environments of the hosts in a folder that have not ended."""
    found = set()
    for folder in hosts.glob("*"):
        with suppress(OSError, ValueError, KeyError):
            if not (folder / "exit.json").exists():
                environment = json.loads((folder / "spec.json").read_text(encoding="utf-8"))["environment"]
                found.add(environment["name"].partition("+")[0])
    return found


def _receive(environments: Environments, spec: HostSpec) -> EnvironmentSpec:
    host = str(HostName.of(spec.job_arn, spec.job_name, spec.host_name))
    body = json.dumps({"Host": host, "Environment": spec.environment.name}).encode()
    headers = {"Content-Type": "application/json", HEADER: version()}
    service = agent_service(spec, patience_s=DATA_PATIENCE_S)

    def take(response: ServerResponse) -> EnvironmentSpec:
        arriving = _Arriving(response.chunks())
        stream = io.BufferedReader(arriving, PIECE_BYTES)
        try:
            head = json.loads(stream.readline())
            marker = marker_from(head["Marker"])
            arriving.expected_bytes = marker.size_bytes
            return environments.receive(
                marker, Path(head["Prefix"]), stream, lambda progress: _say(progress.text)
            )
        except _CutOff as cut:
            raise cut.cause from None

    try:
        found: EnvironmentSpec = service.call("clary", "POST", "/_clary/GetEnvironment", headers, body, take)
    except ServiceError as error:
        raise EnvironmentBuildFailed(error.message) from error
    finally:
        service.close()
    return found


class _CutOff(Exception):
    """The connection ended early. Not an OSError, which would be the archive's or the disk's."""

    def __init__(self, cause: OSError) -> None:
        self.cause = cause


class _Arriving(io.RawIOBase):
    """The body of a response as a file that is read once, from its beginning."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")
        self._taken = 0
        self._said_at = time.monotonic()
        self.expected_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not self._rest:
            self._rest = memoryview(self._next())
        count = min(len(target), len(self._rest))
        target[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def _next(self) -> bytes:
        try:
            piece = next(self._chunks, b"")
        except OSError as error:
            raise _CutOff(error) from error
        self._taken += len(piece)
        now = time.monotonic()
        if now > self._said_at + SAID_EVERY_S:
            self._said_at = now
            _say(f"{self._taken / 1e6:,.0f} of about {self.expected_bytes / 1e6:,.0f} MB")
        return piece


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="fetch", description="Bring the environment of a host to this node."
    )
    parser.add_argument("--root", type=Path, required=True, help="the folder of the node's environments")
    parser.add_argument("--hosts", type=Path, required=True, help="the folder of the node's hosts")
    parser.add_argument("--most-bytes", type=int, required=True, help="the most that the node keeps")
    parser.add_argument("spec", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)  # so that what has arrived is removed
    document: dict[str, Any] = json.loads(options.spec.read_text(encoding="utf-8"))
    spec = HostSpec.from_document(document, find_workload(document["workload_name"]).spec)
    try:
        found = fetch(options.root.absolute(), spec)
    except EnvironmentBuildFailed as error:
        print(BUILD_FAILED, error, sep="\n", file=sys.stderr)
        return 1
    for key in keep_within(Environments(options.root.absolute()), options.most_bytes, used_by(options.hosts)):
        _say(f"removed {key}, which no host uses, to keep within {options.most_bytes / 1e9:.0f} GB")
    print(json.dumps(asdict(found)))
    return 0


def _leave(signal_number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal_number)


if __name__ == "__main__":
    sys.exit(main())
