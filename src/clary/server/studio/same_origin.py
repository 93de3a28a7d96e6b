"""Whether a request comes from Studio's own page, as far as the browser tells."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clary.domain.errors import Denied

if TYPE_CHECKING:
    from clary.wire.http import HttpRequest


def check_origin(request: HttpRequest) -> None:
    """Raises Denied for a request that another page, or no page, has made."""
    given = request.headers.get("origin")
    origin = urlsplit(given or "")
    # The scheme may differ: a proxy in front may speak TLS. The port may not: others may be those of jobs.
    same = origin.scheme in ("http", "https") and origin.netloc == request.headers.get("host")
    # Browsers name no origin when a page reads from its own. Who reads has to send the page's key, which no
    # other page has.
    same = same or (given is None and request.method in ("GET", "HEAD"))
    if not same or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Denied(
            "This address is for Studio's own page. Programs use the AWS operations, with signed requests.",
            http_status=403,
        )


def cookies(request: HttpRequest) -> dict[str, str]:
    """The request's cookies; of several with one name, the first."""
    found: dict[str, str] = {}
    # Two headers of one name have been joined with a comma.
    for part in request.headers.get("cookie", "").replace(",", ";").split(";"):
        name, _, value = part.strip().partition("=")
        found.setdefault(name, value)
    return found
