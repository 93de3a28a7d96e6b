"""What is known of one request, in addition to its bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.services.access.facts import RequestFacts
    from clary.wire.sigv4 import Signature


@dataclass(slots=True)
class RequestInfo:
    """What an error response needs. service and operation: as far as they are known yet."""

    service: str
    request_id: str
    operation: str = ""
    proof: str = ""
    """What the answer has to say to the server that passed the request on; empty for one of a client."""


@dataclass(slots=True)
class Requester:
    """Who asks, and the facts of the request that policies check. Do not change it."""

    caller: Caller
    facts: RequestFacts


@dataclass(slots=True)
class Sender(Requester):
    """Who sent a signed request, as its signature says."""

    signature: Signature
    secret: str = field(repr=False)
