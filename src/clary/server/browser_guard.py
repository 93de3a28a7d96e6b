"""Keeps users' content out of Studio's origin, which it shares with S3.

An object may be HTML or a script, and an address that is signed in its query opens it in a browser. There it
could read the key of a signed-in page and act as its user. So an answer that a browser may show has an origin
of its own (``sandbox``), and no object serves as a script, worker or style of a page of this server.

Clients that sign with a header are no browsers that go to an address: their answers are as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import Denied

if TYPE_CHECKING:
    from clary.wire.http import HttpRequest, HttpResponse

GUARD = {
    # Scripts of a report run, but in an origin that nobody else has: no storage, no cookies, no answers of
    # this server can be read from there.
    "content-security-policy": "sandbox allow-scripts allow-downloads",
    "x-content-type-options": "nosniff",
}

_CODE = frozenset(
    {"audioworklet", "paintworklet", "script", "serviceworker", "sharedworker", "style", "worker", "xslt"}
)
"""Destinations, as browsers call them, of what would run or be styled as a part of the page that asks."""


def may_be_shown(request: HttpRequest) -> bool:
    """Whether the answer may become a document in a browser: all but what a client signs with a header."""
    return not request.headers.get("authorization", "").startswith("AWS4-")


def guard(response: HttpResponse) -> None:
    """Gives the document that the answer may become an origin of its own."""
    response.headers.update(GUARD)


def refuse_code(request: HttpRequest) -> None:
    """Raises Denied for a request of a page of this very server for a script, a worker or a style."""
    headers = request.headers
    own = headers.get("sec-fetch-site", "same-origin") == "same-origin"
    if "service-worker" in headers or (own and headers.get("sec-fetch-dest") in _CODE):
        raise Denied("Objects are not served as scripts, workers or styles of pages of this server.")
