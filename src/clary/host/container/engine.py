"""The API of a container engine: Docker's, which Podman has too. Only what hosts need.

Paths have no version, because no version is known to all engines of today: Docker refuses old ones, Podman
new ones. Without one, each engine answers in its own newest.
"""

from __future__ import annotations

import json
import socket
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from ..client.connection import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, Connection
from .addresses import TCP, UNIX

if TYPE_CHECKING:
    from collections.abc import Mapping

Document = dict[str, Any]

PODMAN_API = "v4.0.0"
"""The oldest that Podman 5 takes."""
_HEAD_BYTES = 65_536
_AGENT = {"Host": "engine", "User-Agent": "clary"}


class EngineError(Exception):
    """The engine refused, with its own words; or it can't be asked, with status 0."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Engine:
    """One engine. Each request has a connection of its own, so any thread may use it."""

    def __init__(self, address: str, *, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        """address: ``unix:///path`` or ``tcp://host:port``. timeout_s: how long the engine may be silent."""
        self.address = address
        self._timeout_s = timeout_s

    def version(self) -> Document:
        answer: Document = self._ask("GET", "/version")
        return answer

    def image(self, reference: str) -> Document | None:
        """Returns what the engine knows of an image, by name or digest; None without one.

        Raises EngineError.
        """
        try:
            answer: Document = self._ask("GET", f"/images/{quote(reference, safe='/:@')}/json")
        except EngineError as error:
            if error.status in (400, 404):  # 400: what is no reference at all, for Podman
                return None
            raise
        return answer

    @property
    def is_podman(self) -> bool:
        """Raises EngineError."""
        parts = self.version().get("Components") or ()
        return any("Podman" in str(part.get("Name")) for part in parts)

    def create(self, name: str, orders: Document) -> str:
        """Creates a container; returns its id. Raises EngineError."""
        answer = self._ask("POST", "/containers/create", {"name": name}, orders)
        return str(answer["Id"])

    def create_by_podman(self, orders: Document) -> str:
        """As ``create``, by Podman's own API, whose paths need a version. Raises EngineError."""
        answer = self._ask("POST", f"/{PODMAN_API}/libpod/containers/create", body=orders)
        return str(answer["Id"])

    def start(self, container: str) -> None:
        self._ask("POST", f"/containers/{container}/start")

    def inspect(self, container: str) -> Document | None:
        """Returns the state of a container; None when it is gone. Raises EngineError."""
        try:
            answer: Document = self._ask("GET", f"/containers/{container}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise
        return answer

    def wait(self, container: str) -> None:
        """Returns when the container does not run any more."""
        self._ask("POST", f"/containers/{container}/wait")

    def kill(self, container: str, signal: str) -> None:
        """Sends a signal to the first process; does nothing when it does not run. Raises EngineError."""
        try:
            self._ask("POST", f"/containers/{container}/kill", {"signal": signal})
        except EngineError as error:
            if error.status not in (404, 409):
                raise

    def remove(self, container: str) -> None:
        """Kills and removes a container with its anonymous volumes; does nothing when it is gone."""
        try:
            self._ask("DELETE", f"/containers/{container}", {"force": "1", "v": "1"})
        except EngineError as error:
            if error.status != 404:
                raise

    def containers(self, label: str) -> list[Document]:
        """Returns every container with a label, ``key`` or ``key=value``, whether it runs or not."""
        found: list[Document] = self._ask("GET", "/containers/json", {"all": "1", "filters": _label(label)})
        return found

    def create_network(self, name: str, labels: Mapping[str, str], *, internal: bool) -> None:
        """Creates a network; does nothing when there is one of this name. internal: without a way out.

        Of two requests at a time Docker carries out both, and then no container can use the name. So one
        caller at a time may call this for a name.
        """
        if not self.networks(name):
            orders = {"Name": name, "CheckDuplicate": True, "Internal": internal, "Labels": dict(labels)}
            self._ask("POST", "/networks/create", body=orders)

    def networks(self, name: str) -> list[Document]:
        """Returns every network of this name, or with ``clary*`` every one that begins so."""
        asked = json.dumps({"name": [name.removesuffix("*")]})
        found: list[Document] = self._ask("GET", "/networks", {"filters": asked})
        return [each for each in found if fnmatchcase(each["Name"], name)]

    def remove_network(self, name: str) -> None:
        """Removes a network, unless a container still uses it."""
        for network in self.networks(name):
            try:
                self._ask("DELETE", f"/networks/{network['Id']}")
            except EngineError as error:
                if error.status not in (403, 404, 409, 500):  # Podman says 500 of one that is in use
                    raise

    def attach(self, container: str) -> socket.socket:
        """Returns a stream of everything that a container will print, in frames (``output.py``).

        Call it before ``start``, so that nothing is missed. Raises EngineError.
        """
        try:
            link = connected(self.address)
        except (OSError, ValueError) as error:
            raise EngineError(0, f"the output can't be followed: {error}") from error
        try:
            link.settimeout(self._timeout_s)
            target = f"/containers/{container}/attach?stream=1&stdout=1&stderr=1"
            head = f"POST {target} HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
            link.sendall(head.encode("ascii"))
            answer = b""
            # Byte by byte: what follows the head is output already.
            while not answer.endswith(b"\r\n\r\n"):
                piece = link.recv(1)
                if not piece or len(answer) > _HEAD_BYTES:
                    raise EngineError(0, f"the engine ended an attach: {answer[:200]!r}")
                answer += piece
            status = int(answer.split(None, 2)[1])
            if status not in (101, 200):
                # Podman prepares the container here, and says so when its program does not exist.
                raise EngineError(status, _message(link.recv(_HEAD_BYTES)))
            link.settimeout(None)
        except BaseException as error:
            link.close()
            if isinstance(error, OSError):
                raise EngineError(0, f"the output can't be followed: {error}") from error
            raise
        return link

    def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Document | None = None
    ) -> Any:
        target = f"{path}?{urlencode(query)}" if query else path
        headers = dict(_AGENT)
        data = b""
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection = _EngineConnection(self.address, self._timeout_s)
        try:
            answer = connection.request(method, target, headers, data)
            content = answer.read()
        except (OSError, ValueError) as error:
            raise EngineError(
                0, f"the container engine at {self.address} does not answer: {error}"
            ) from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise EngineError(answer.status, _message(content))
        return json.loads(content) if content.strip() else None


class _EngineConnection(Connection):
    def __init__(self, address: str, timeout_s: float) -> None:
        super().__init__("engine", 0, timeout_s=timeout_s)
        self._engine = address

    def _connect(self) -> socket.socket:
        return connected(self._engine)


def connected(address: str) -> socket.socket:
    """Returns a connection to an engine. Raises OSError, and ValueError for an address of another form."""
    if address.startswith(UNIX):
        link = socket.socket(socket.AF_UNIX)
        try:
            link.settimeout(CONNECT_TIMEOUT_S)
            link.connect(address.removeprefix(UNIX))
        except BaseException:
            link.close()
            raise
        return link
    if address.startswith(TCP):
        parts = urlsplit(address)
        return socket.create_connection((parts.hostname or "", parts.port or 2375), CONNECT_TIMEOUT_S)
    raise ValueError(f"{address!r} is no address of an engine here: use unix:///path or tcp://127.0.0.1:port")


def _label(label: str) -> str:
    return json.dumps({"label": [label]})


def _message(content: bytes) -> str:
    try:
        document = json.loads(content)
        return str(document.get("message") or document.get("cause") or document)
    except (ValueError, AttributeError):
        return content.decode("utf-8", "replace").strip()
