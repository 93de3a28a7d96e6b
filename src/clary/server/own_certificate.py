"""A certificate that this server makes for itself, for those who have none yet.

Clients trust it by name of its file: ``AWS_CA_BUNDLE=certificate.pem``. A certificate of an authority that
clients know already is better; this one lets a team begin.
"""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import os
import socket
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

LASTS = timedelta(days=397)
"""Browsers refuse certificates that are valid for longer."""
RENEWED_BEFORE = timedelta(days=30)
WILDCARDS = ("0.0.0.0", "::", "")


def own_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """Returns the files of the certificate and of its key; makes them where they are missing or end soon.

    folder: for the files; made where it is missing. host: the address that the server listens on. Its
    certificate is good for that address, or for all of this machine where it listens on all.
    """
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    names = _names(host)
    if not (key.exists() and _is_good(certificate, names)):
        folder.mkdir(mode=0o700, exist_ok=True)
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        # The key first: a certificate without its key would be taken for a good one.
        certificate.unlink(missing_ok=True)
        _write(key, pem, 0o600)
        _write(certificate, _signed(private, names).public_bytes(Encoding.PEM), 0o644)
    return certificate, key


def _names(host: str) -> list[x509.GeneralName]:
    """Returns what clients may call this server, in a fixed order."""
    addresses = {"127.0.0.1", "::1"}
    if host in WILDCARDS:
        addresses.update(_addresses())
    texts = {"localhost", socket.gethostname()}
    try:
        addresses.add(str(ipaddress.ip_address(host or "127.0.0.1")))
    except ValueError:
        texts.add(host)
    plain = {ipaddress.ip_address(each) for each in addresses}
    return [
        *(x509.DNSName(each) for each in sorted(texts) if each),
        *(x509.IPAddress(each) for each in sorted(plain, key=str)),
    ]


def _addresses() -> list[str]:
    """Returns the IPv4 addresses of this machine's interfaces."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for _, name in socket.if_nameindex():
            # An interface need not have one.
            with contextlib.suppress(OSError):
                answer = fcntl.ioctl(any_socket, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                found.append(socket.inet_ntoa(answer[20:24]))
    return found


_SIOCGIFADDR = 0x8915


def _is_good(certificate: Path, names: list[x509.GeneralName]) -> bool:
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        kept = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    ends_late = found.not_valid_after_utc - RENEWED_BEFORE > datetime.now(UTC)
    return ends_late and set(names) <= set(kept)


def _signed(private: CertificateIssuerPrivateKeyTypes, names: list[x509.GeneralName]) -> x509.Certificate:
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Clary")])
    public = private.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        # The clocks of clients may be behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(*_USES), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(private, SHA256())
    )


_USES = (True, False, False, False, False, True, False, False, False)
"""It signs what a server says, and itself."""


def _write(path: Path, content: bytes, mode: int) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)
