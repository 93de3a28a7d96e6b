"""The state folder: one place, readable by its owner only.

server.json          where the server is (url, port, pid); the port stays, once chosen
credentials.json     root credentials, made on first start
token.key            what session tokens are sealed with
server.id            the name of this folder's server among those of its database
clary.db             the store
server.log           what a server in the background says; older parts are server.log.1 to .3
blobs/               the bytes of S3 objects
registry/            layers of images that were pushed to ECR; registry.run/ is of the process that keeps them
hosts/               scratch of running hosts
environments/        what image names stand for
lock                 held by the one server of this folder
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from clary.domain.identity import Credentials
from clary.services.access.root import new_root

if TYPE_CHECKING:
    from pathlib import Path


class AlreadyRunning(RuntimeError):
    """Another server holds this state folder."""


class UnusableFolder(RuntimeError):
    """The state folder can't be created, or this user can't write to it."""


class PortTaken(RuntimeError):
    """Another process uses the port of this folder."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    home: Path

    @property
    def database(self) -> Path:
        return self.home / "clary.db"

    @property
    def blobs(self) -> Path:
        return self.home / "blobs"

    @property
    def hosts(self) -> Path:
        return self.home / "hosts"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def images(self) -> Path:
        return self.home / "images"

    def prepare(self) -> None:
        """Creates the folder, readable by its owner only. Raises UnusableFolder."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.home.chmod(0o700)
            for folder in (self.blobs, self.hosts):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from None

    def lock(self) -> IO[str]:
        """Locks this folder for one server, while the returned file is open. Raises AlreadyRunning."""
        file = (self.home / "lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise AlreadyRunning(f"a server is already running on {self.home}") from None
        return file

    def is_locked(self) -> bool:
        """Whether a server has locked this folder. Raises UnusableFolder when that can't be determined."""
        try:
            self.lock().close()
        except AlreadyRunning:
            return True
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._unusable(error) from None
        return False

    def _unusable(self, error: OSError) -> UnusableFolder:
        return UnusableFolder(
            f"{self.home} can't be the folder of all state ({error.strerror}); name another with --home or "
            "CLARY_HOME"
        )

    def root_credentials(self) -> Credentials:
        """Returns the account's root credentials; creates them the first time."""
        path = self.home / "credentials.json"
        if not path.exists():
            self.keep_root(new_root())
        raw = json.loads(path.read_text())
        return Credentials(raw["AccessKeyId"], raw["SecretAccessKey"])

    def keep_root(self, root: Credentials) -> None:
        """Writes root credentials in the place of those of before."""
        raw = {"AccessKeyId": root.access_key_id, "SecretAccessKey": root.secret_access_key}
        _write_secret(self.home / "credentials.json", json.dumps(raw).encode())

    def known_token_key(self) -> bytes | None:
        """Returns what session tokens are sealed with; None where that was not made yet."""
        path = self.home / "token.key"
        return path.read_bytes() if path.exists() else None

    def keep_keys(self, root: Credentials, token_key: bytes) -> None:
        """Writes both keys where the folder has others, or none."""
        # The token key last: a folder that has it has everything.
        if not (self.home / "credentials.json").exists() or self.root_credentials() != root:
            self.keep_root(root)
        if self.known_token_key() != token_key:
            _write_secret(self.home / "token.key", token_key)

    def server_name(self) -> str:
        """Returns what this folder's server is called among those of its database."""
        path = self.home / "server.id"
        if not path.exists():
            _write_secret(path, secrets.token_hex(8).encode())
        return path.read_text()

    def token_key(self) -> bytes:
        """Returns 32 random bytes; creates them the first time. Session tokens need the same bytes."""
        path = self.home / "token.key"
        if not path.exists():
            _write_secret(path, secrets.token_bytes(32))
        return path.read_bytes()

    def server(self) -> dict[str, Any]:
        """Returns what the last server wrote about itself; empty for none. Raises UnusableFolder."""
        try:
            known: dict[str, Any] = json.loads((self.home / "server.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        except OSError as error:
            raise self._unusable(error) from None
        return known

    def remember_server(self, **facts: Any) -> None:
        _write_secret(self.home / "server.json", json.dumps(facts).encode())


PORT_WANTED = "port.wanted"
"""A file: whoever listens in the place of this folder's server stops."""


def listen_again(
    state: StateFolder, host: str, port: int, *, patience_s: float, kept: str = "port"
) -> socket.socket:
    """As ``listen``. Another server of the database may stand in for this one, and leaves within a moment."""
    wanted, until = state.home / PORT_WANTED, time.monotonic() + patience_s
    try:
        while True:
            try:
                return listen(state, host, port, kept=kept)
            except PortTaken:
                if time.monotonic() >= until:
                    raise
            wanted.touch()
            time.sleep(0.05)
    finally:
        wanted.unlink(missing_ok=True)


def listen(state: StateFolder, host: str, port: int, *, kept: str = "port") -> socket.socket:
    """Returns a listening socket on ``port``, else on the folder's last port, else on a free one.

    Running jobs and clients know the server by its address, so a folder keeps its ports. kept: the name that
    ``server.json`` has for it. Raises PortTaken.
    """
    return bind(host, port or int(state.server().get(kept, 0)))


def bind(host: str, port: int) -> socket.socket:
    """Returns a listening socket. Raises PortTaken."""
    # Bind with IPPROTO_TCP: asyncio turns Nagle off only when the protocol is named, and with
    # it on every reply waits for a delayed ACK (46 ms against 3 ms per Describe).
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"{host}:{port} can't be listened on ({error.strerror}); stop what uses it, or choose "
            "another port with --port"
        ) from None
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def _write_secret(path: Path, content: bytes) -> None:
    """Writes a file completely or not at all, with mode 0600 from the first byte."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
