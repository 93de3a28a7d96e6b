"""How a server proves to another one of its database that a request, and the answer, comes from a server.

    the request    is the client's own, with its signature: the other server checks it as any other
    PASSED_ON      says for which server it is, and where it came from; with a code that only servers can make
    ANSWERED_BY    in the answer: that code again, in a way that only that server could know

A request that was passed on is never passed on again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clary.domain.errors import Denied

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.access.facts import RequestFacts
    from clary.wire.http import HttpRequest

PASSED_ON, ANSWERED_BY = "x-clary-passed-on", "x-clary-answered-by"

FRESH_S = 60.0


@dataclass(frozen=True, slots=True)
class PassedOn:
    """source_ip, secure: of the client, at the server that it reached. proof: for the answer."""

    source_ip: str
    secure: bool
    proof: str


class PassingOn:
    """Makes and checks the codes. name: of this server. Safe to use from any thread."""

    def __init__(self, token_key: bytes, name: str, now: Callable[[], float]) -> None:
        self._key = hmac.digest(token_key, b"between servers", hashlib.sha256)
        self._name = name
        self._now = now

    def header(self, request: HttpRequest, facts: RequestFacts, to: str) -> tuple[str, str]:
        """Returns the header of a request for a server, and the proof that its answer has to have."""
        nonce = secrets.token_hex(16)
        said = f"{self._now():.3f} {nonce} {to} {int(facts.secure)} {facts.source_ip}"
        return f"{said} {self._code(request, said)}", self._proof(nonce, to)

    def read(self, request: HttpRequest) -> PassedOn | None:
        """Returns what another server says of a request; None for one that comes from its client.

        Raises Denied for a header that no server of this installation has made for this request.
        """
        header = request.headers.get(PASSED_ON)
        if header is None:
            return None
        said, _, code = header.rpartition(" ")
        if not hmac.compare_digest(code.encode(), self._code(request, said).encode()):
            raise Denied(f"the header {PASSED_ON} was not made by a server of this installation")
        made_at, nonce, to, secure, source_ip = said.split(" ")
        if to != self._name or abs(self._now() - float(made_at)) > FRESH_S:
            raise Denied(
                f"the request was passed on to another server, or more than {FRESH_S:.0f} s ago: the clocks "
                "of servers have to agree, and CLARY_URL has to be the address of one server"
            )
        return PassedOn(source_ip, secure == "1", self._proof(nonce, to))

    def _code(self, request: HttpRequest, said: str) -> str:
        signature = request.headers.get("authorization", "")
        parts = (said, request.method, request.path, request.query, signature)
        return hmac.new(self._key, "\n".join(parts).encode(), hashlib.sha256).hexdigest()

    def _proof(self, nonce: str, name: str) -> str:
        return hmac.new(self._key, f"answer {nonce} {name}".encode(), hashlib.sha256).hexdigest()


def as_sent(request: HttpRequest, passed: PassedOn) -> HttpRequest:
    """Returns a request as the first server got it."""
    return replace(request, secure=passed.secure)
