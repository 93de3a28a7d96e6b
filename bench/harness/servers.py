"""The servers with an AWS API: how to start each one, and how clients connect to it."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ, free_port, running, wait_until_answered
from clary.cli.client import ServerConnection, connect
from clary.cli.env import client_variables
from clary.compute.environments import environments_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

REGION = "us-east-1"
KEY, SECRET = "benchkey", "benchsecret"
HEALTH = {"moto": "/moto-api/", "localbucket": "/", "nanio": "/", "rclone": "/"}


@dataclass(frozen=True, slots=True)
class Served:
    """A running server. environ: environment variables with which a client connects to it."""

    who: str
    pid: int
    url: str
    environ: dict[str, str]
    connection: ServerConnection | None = None


@contextlib.contextmanager
def clary_server(
    folder: Path, settings: Mapping[str, str] | None = None, *, address: str = "127.0.0.1"
) -> Iterator[Served]:
    """Starts Clary with its own state folder. Clients have the credentials of ``clary env``.

    settings: further variables of the server. address: where it listens.
    """
    home = folder / "clary"
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environ = {**clary_environ(), **(settings or {})}
    with running(clary_command(home, port), folder=home, environ=environ) as process:
        wait_until_answered(port, "/_clary/health", process, address=address)
        connection = connect(home)
        environ = {**clean_environ(), **client_variables(connection)}
        yield Served("Clary", process.pid, connection.url, environ, connection)


def clary_command(home: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "clary", "up", "--home", str(home), "--port", str(port)]


def clary_environ() -> dict[str, str]:
    return {**clean_environ(), "CLARY_ENVIRONMENTS": str(environments_root())}


@contextlib.contextmanager
def peer_server(name: str, folder: Path) -> Iterator[Served]:
    """Starts a peer of ``HEALTH`` with its own folder. Raises peers.PeerMissing."""
    binaries = peer_environment(name)
    home = folder / name
    (home / "data").mkdir(parents=True, exist_ok=True)
    port = free_port()
    with running(
        peer_command(name, binaries, home / "data", port), folder=home, environ=_peer_environ()
    ) as process:
        wait_until_answered(port, HEALTH[name], process)
        url = f"http://127.0.0.1:{port}"
        yield Served(name, process.pid, url, {**clean_environ(), **peer_variables(url)})


def peer_variables(url: str) -> dict[str, str]:
    """The environment variables with which a client connects to a peer."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "localhost,127.0.0.1",
    }


def peer_command(name: str, binaries: Path, data: Path, port: int) -> list[str]:
    where = {"host": "127.0.0.1", "port": str(port)}
    commands = {
        "moto": ["moto_server", "-H", where["host"], "-p", where["port"]],
        "localbucket": ["localbucket", "--host", where["host"], "--port", where["port"], str(data)],
        "nanio": [
            *("nanio", "serve", "--data-dir", str(data), "--host", where["host"], "--port", where["port"]),
            *("--log-level", "error", "--no-access-log"),
        ],
        "rclone": [
            *("rclone", "serve", "s3", str(data), "--addr", f"{where['host']}:{where['port']}"),
            *("--auth-key", f"{KEY},{SECRET}", "--config", "/dev/null"),
        ],
    }
    program, *arguments = commands[name]
    return [str(binaries / program), *arguments]


def _peer_environ() -> dict[str, str]:
    return {**clean_environ(), "NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET}
