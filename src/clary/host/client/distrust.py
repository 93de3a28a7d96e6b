"""What becomes of a process that reaches a server whose certificate it does not trust.

Nothing can be said to such a server. So the process ends, and its last words are what the user is told. A
server that was trusted before may only be away, with another one in its place: it is awaited for a while.
"""

from __future__ import annotations

import os

PATIENCE_S = 300.0
OWN = (
    "It has another certificate than the job was started with: that was made anew, or CLARY_URL leads to "
    "another server. A further attempt of the job gets the present one."
)
OTHER = (
    "Let this machine trust the authority of the certificate for that name: of CLARY_TLS_CERT, or of what "
    "answers at CLARY_URL."
)

_trusted: set[str] = set()
"""The servers that have answered this process."""


def is_distrust(trouble: OSError) -> bool:
    # By its name: only who needs it loads OpenSSL.
    return type(trouble).__name__ == "SSLCertVerificationError"


def trusted(url: str) -> None:
    _trusted.add(url)


def distrust(url: str, trouble: OSError, certificate: str, waited_s: float) -> None:
    """Ends this process unless the server may come back. certificate: as in Endpoint."""
    if url in _trusted and waited_s <= PATIENCE_S:
        return
    why = getattr(trouble, "verify_message", "") or trouble
    said = f"The server at {url} is not trusted ({why}). {OWN if certificate else OTHER}"
    os.write(2, f"{said}\n".encode())
    os._exit(1)
