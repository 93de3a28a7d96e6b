"""The port that speaks TLS, for clients on other machines.

    clients of this machine, agents, jobs ──► http://127.0.0.1:port ──┐
                                                                      ├──► one server
    clients elsewhere ─────────────────────► https://host:tls_port ───┘

What runs on this machine stays on a port of loopback that speaks plain HTTP: a job needs no certificate, and
a server that gets one, or loses it, is found by the jobs of before.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clary.server.own_certificate import own_certificate
from clary.server.settings import SettingsError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from clary.server.settings import Settings

log = logging.getLogger("clary.server")

HANDSHAKE_S = 10.0
LOOK_S = 10.0
"""How often the files of the certificate are looked at: those who renew it replace files."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """certificate: with those between it and its authority. key: without a password."""

    certificate: Path
    key: Path
    own: bool
    """Whether this server has made them itself."""

    def written(self) -> tuple[int, int]:
        return self.certificate.stat().st_mtime_ns, self.key.stat().st_mtime_ns

    def load_into(self, context: ssl.SSLContext) -> None:
        """Raises SettingsError, in which case the context keeps what it had."""
        try:
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except (OSError, ssl.SSLError, _PasswordWanted) as error:
            raise SettingsError(
                f"{self.certificate} and {self.key} can't be used for TLS ({_said(error)}); CLARY_TLS_CERT "
                "is a certificate in PEM and CLARY_TLS_KEY its key, without a password"
            ) from None


def tls_files(settings: Settings) -> TlsFiles | None:
    """Returns the files that the settings name, or of the server's own certificate; None without TLS."""
    if settings.tls_cert is not None and settings.tls_key is not None:
        return TlsFiles(settings.tls_cert, settings.tls_key, own=False)
    if settings.tls:
        return TlsFiles(*own_certificate(settings.home / "tls", settings.host), own=True)
    return None


class TlsPort:
    """A listening socket, and the certificate shown there. Raises SettingsError for unusable files."""

    def __init__(self, files: TlsFiles, listener: socket.socket) -> None:
        self._files = files
        self._listener = listener
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.set_alpn_protocols(["http/1.1"])
        self._written = files.written() if files.certificate.exists() and files.key.exists() else (0, 0)
        files.load_into(self._context)

    async def open(self, protocol: Callable[[], asyncio.Protocol], backlog: int) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            protocol,
            sock=self._listener,
            ssl=self._context,
            backlog=backlog,
            ssl_handshake_timeout=HANDSHAKE_S,
        )

    async def follow_files(self) -> None:
        """Shows a renewed certificate to new connections, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                self.look()
            except Exception:
                log.exception("the certificate could not be looked at; the one of before is shown")

    def look(self) -> None:
        """Takes the files where they have changed."""
        try:
            written = self._files.written()
        except OSError:
            # They are being replaced.
            return
        if written == self._written:
            return
        try:
            self._files.load_into(self._context)
        except SettingsError as error:
            log.warning("the certificate of before is shown on: %s", error)
        else:
            log.info("%s is shown from now on", self._files.certificate)
        self._written = written


class _PasswordWanted(Exception):
    pass


def _no_password() -> str:
    raise _PasswordWanted


def _said(error: Exception) -> str:
    if isinstance(error, _PasswordWanted):
        return "the key has a password"
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)
