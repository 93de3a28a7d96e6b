"""Streams an archive of images to a container engine. No registry, address or password is needed for it."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from clary.host.container.engine import EngineError, connected

if TYPE_CHECKING:
    from collections.abc import Iterable

UNPACK_S = 1800.0
"""For how long the engine may be silent: it unpacks all layers before it answers."""
_ANSWER_BYTES = 1 << 20


def load_images(address: str, archive: Iterable[bytes]) -> None:
    """Raises EngineError, and what the archive raises; then the engine keeps nothing of it."""
    link = _EngineHttp(address)
    try:
        # An archive that raises leaves the request without its end, and the engine drops it.
        link.request(
            "POST",
            "/images/load?quiet=1",
            archive,
            {"Host": "engine", "Content-Type": "application/x-tar", "Transfer-Encoding": "chunked"},
            encode_chunked=True,
        )
        answer = link.getresponse()
        said = answer.read(_ANSWER_BYTES).decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        raise EngineError(0, f"the container engine at {address} took no image: {error}") from error
    finally:
        link.close()
    trouble = _trouble(said)
    if answer.status >= 400 or trouble:
        raise EngineError(answer.status, trouble or said)


def _trouble(said: str) -> str:
    """Returns the error of an answer: Docker begins with status 200 before it knows of any."""
    for line in said.splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and (trouble := told.get("error") or told.get("message")):
            return str(trouble)
    return ""


class _EngineHttp(HTTPConnection):
    def __init__(self, address: str) -> None:
        super().__init__("engine")
        self._address = address

    def connect(self) -> None:
        try:
            self.sock = connected(self._address)
        except ValueError as error:
            raise OSError(str(error)) from error
        self.sock.settimeout(UNPACK_S)
