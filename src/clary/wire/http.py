"""A request and a response, as the protocols see them: no socket, no framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class HttpRequest:
    """One request as it was received. Do not change it.

    It is not frozen, as that takes twice the time to make, and every request needs it.

    path: still percent-encoded, without the query.
    query: the raw query string, without the question mark.
    headers: lower-case names; the values of a repeated header joined with ",".
    body: empty for a streaming payload, which the server reads separately.
    secure: whether it came over TLS of this server; unknown of a request whose body is known, which was
    judged before.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    secure: bool = False


@dataclass(slots=True)
class HttpResponse:
    """One response. body: bytes, or what the operation returned for a streaming payload."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = b""
