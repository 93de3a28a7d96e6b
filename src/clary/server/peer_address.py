"""Where servers of one database reach each other: what each says of itself, and what others make of it."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from clary.compute.machine_name import machine_name
from clary.server.cluster import outside_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.server.cluster import TlsAddress
    from clary.server.settings import Settings

Document = dict[str, Any]


def facts_of_server(settings: Settings, url: str, tls: TlsAddress | None) -> Document:
    """Returns what others have to know to reach this server. url: for clients on this machine."""
    certificate = settings.tls_cert if tls is None or tls.own_certificate is None else tls.own_certificate
    text = ""
    if tls is not None and certificate is not None:
        # It may be replaced at this moment; the next beat says it.
        with contextlib.suppress(OSError):
            text = certificate.read_text()
    return {
        "Url": url,
        "Machine": machine_name(),
        "Outside": settings.url or _outside(settings, url, tls),
        "Certificate": text,
    }


def _outside(settings: Settings, url: str, tls: TlsAddress | None) -> str:
    """Returns the address for other machines: in the network of the database, which all servers reach."""
    with contextlib.suppress(OSError):
        return outside_url(settings, url, tls, urlsplit(settings.database).hostname or socket.gethostname())
    return ""


@dataclass(frozen=True, slots=True)
class PeerAddress:
    """Where a server listens. certificate: PEM, the one that it has to show; empty without TLS."""

    host: str
    port: int
    certificate: str

    def is_shown(self, transport_ssl: ssl.SSLObject | None) -> bool:
        """Whether the other side has shown the certificate that the database says."""
        if not self.certificate:
            return True
        shown = None if transport_ssl is None else transport_ssl.getpeercert(binary_form=True)
        return shown == ssl.PEM_cert_to_DER_cert(_first(self.certificate))


def peer_address(server: Mapping[str, Any]) -> PeerAddress | None:
    """Returns where this machine reaches a server, by its record; None where it can't."""
    url, certificate = server.get("Outside", ""), server.get("Certificate", "")
    if server.get("Machine") == machine_name():
        url, certificate = server["Url"], ""
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme == "https" and not certificate):
        return None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return PeerAddress(parts.hostname, port, certificate if parts.scheme == "https" else "")


def _first(certificates: str) -> str:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return begin + certificates.partition(begin)[2].partition(end)[0] + end
