"""The port that speaks TLS: which certificate it shows, and which files it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from clary.server import own_certificate as made
from clary.server.own_certificate import own_certificate
from clary.server.settings import SettingsError, load_settings
from clary.server.tls import TlsFiles, TlsPort, tls_files


def names_in(certificate: Path) -> tuple[list[str], list[str]]:
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [str(each) for each in names.get_values_for_type(x509.IPAddress)]
    return names.get_values_for_type(x509.DNSName), addresses


def test_a_certificate_of_its_own_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path / "tls", "127.0.0.1")
    before = certificate.read_bytes(), key.read_bytes()

    again = own_certificate(tmp_path / "tls", "127.0.0.1")

    assert (again[0].read_bytes(), again[1].read_bytes()) == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    texts, addresses = names_in(certificate)
    assert {"localhost", socket.gethostname()} <= set(texts)
    assert "127.0.0.1" in addresses


def test_it_is_made_anew_for_another_address_before_its_end_and_without_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = own_certificate(tmp_path, "127.0.0.1")

    def changes(host: str) -> bool:
        before = certificate.read_bytes()
        own_certificate(tmp_path, host)
        return certificate.read_bytes() != before

    assert changes("clary.example.org")
    assert names_in(certificate)[0][0] == "clary.example.org"
    assert not changes("clary.example.org")
    assert not changes("127.0.0.1")
    assert changes("0.0.0.0") or set(names_in(certificate)[1]) >= set(made._addresses())
    key.unlink()
    assert changes("127.0.0.1")
    certificate.write_text("nothing")
    assert changes("127.0.0.1")
    monkeypatch.setattr(made, "RENEWED_BEFORE", timedelta(days=398))
    assert changes("127.0.0.1")


def test_settings_choose_the_files(tmp_path: Path) -> None:
    assert tls_files(load_settings({}, home=tmp_path)) is None
    own = tls_files(load_settings({"CLARY_TLS": "yes"}, home=tmp_path))
    assert own is not None
    assert own.own
    given = {"CLARY_TLS_CERT": str(own.certificate), "CLARY_TLS_KEY": str(own.key), "CLARY_TLS": "1"}
    assert tls_files(load_settings(given, home=tmp_path)) == TlsFiles(own.certificate, own.key, own=False)
    with pytest.raises(SettingsError, match="CLARY_TLS_KEY is missing"):
        load_settings({"CLARY_TLS_CERT": "certificate.pem"})
    with pytest.raises(SettingsError, match="CLARY_TLS_CERT is missing"):
        load_settings({"CLARY_TLS_KEY": "key.pem"})


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda files: files.certificate.unlink(), "No such file"),
        (lambda files: files.certificate.write_text("x"), "PEM"),
        (lambda files: files.key.write_bytes(files.certificate.read_bytes()), "PEM"),
    ],
)
def test_unusable_files_are_refused_by_name(
    tmp_path: Path, spoil: Callable[[TlsFiles], object], reason: str
) -> None:
    files = TlsFiles(*own_certificate(tmp_path, "127.0.0.1"), own=False)
    spoil(files)

    with (
        contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener,
        pytest.raises(SettingsError, match=f"{files.certificate}.*{reason}"),
    ):
        TlsPort(files, listener)


def test_a_renewed_certificate_is_shown_and_a_broken_one_is_not(tmp_path: Path) -> None:
    files = TlsFiles(*own_certificate(tmp_path, "127.0.0.1"), own=False)
    shown: list[bytes] = []

    async def ask(address: tuple[str, int]) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reader, writer = await asyncio.open_connection(*address, ssl=context)
        shown.append(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
        writer.close()
        await reader.read()

    async def scene() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        port = TlsPort(files, listener)
        server = await port.open(asyncio.Protocol, 10)
        address = listener.getsockname()
        await ask(address)
        own_certificate(tmp_path, "renewed.example.org")
        port.look()
        await ask(address)
        files.certificate.write_text("broken")
        port.look()
        await ask(address)
        server.close()

    asyncio.run(scene())

    first, second, third = (x509.load_der_x509_certificate(each) for each in shown)
    assert first != second
    assert second == third
