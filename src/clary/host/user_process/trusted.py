"""The certificates that user code trusts, where the server has one that no authority has signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_trusted(path: Path, certificate: str) -> None:
    """Writes a certificate, and those of the machine's authorities, since the file takes their place."""
    import ssl  # only for a remote server: the import takes 5 ms

    authorities = ssl.create_default_context().get_ca_certs(binary_form=True)
    pages = [certificate, *map(ssl.DER_cert_to_PEM_cert, authorities)]
    path.write_text("\n".join(pages), encoding="ascii")
