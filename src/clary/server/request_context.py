"""Binds the platform to one caller: the facts that policies check, and the context of an operation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clary.services.access.authorize import RoleMay, authorize, may
from clary.services.access.facts import RequestFacts
from clary.services.context import Context

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.server.platform import Platform
    from clary.wire.http import HttpRequest
    from clary.wire.sigv4 import Signature

_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")


def facts_of(request: HttpRequest, signature: Signature, source_ip: str, now: float) -> RequestFacts:
    """Returns the facts of a signed request that policies can check. now: epoch seconds."""
    age_s = now - signature.signed_at if signature.presigned and signature.version == 4 else None
    return RequestFacts(
        source_ip=source_ip,
        user_agent=request.headers.get("user-agent", ""),
        referer=request.headers.get("referer", ""),
        auth_type="REST-QUERY-STRING" if signature.presigned else "REST-HEADER",
        signature_version="AWS4-HMAC-SHA256" if signature.version == 4 else "AWS",
        signature_age_ms=None if age_s is None else max(0, int(age_s * 1000)),
        content_sha256=signature.payload_hash,
        secure=request.secure,
        server_url=_server_url(request),
    )


def page_facts(request: HttpRequest, source_ip: str) -> RequestFacts:
    """Returns what policies judge, of a request that a page of Studio has made."""
    return RequestFacts(
        source_ip=source_ip,
        user_agent=request.headers.get("user-agent", ""),
        referer=request.headers.get("referer", ""),
        secure=request.secure,
        server_url=_server_url(request),
    )


def _server_url(request: HttpRequest) -> str:
    """As the sender wrote it; what it says is for itself only. A proxy in front may speak TLS."""
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        return ""
    return f"{'https' if is_secure(request) else 'http'}://{host}"


def is_secure(request: HttpRequest) -> bool:
    """Whether it came over TLS: our own, or, as the sender says, that of a proxy in front."""
    told = request.headers.get("x-forwarded-proto") == "https"
    return request.secure or told or request.headers.get("origin", "").startswith("https:")


def authorize_request(
    platform: Platform,
    caller: Caller,
    service: str,
    operation: str,
    params: dict[str, Any],
    facts: RequestFacts,
) -> None:
    """Checks that the caller may do the operation with these parameters. Raises Denied."""
    authorize(
        caller,
        platform.records,
        service,
        operation,
        params,
        account=platform.settings.account,
        region=platform.settings.region,
        facts=facts,
        now=platform.now(),
        tags_of=platform.resource_tags.of,
    )


def context_of(platform: Platform, caller: Caller, facts: RequestFacts) -> Context:
    """Returns everything that an operation may use for one request."""
    settings = platform.settings
    # An agent sends its requests from the machine of its job. So the facts of the agent's request are those
    # that the job's own reads would have.
    now = platform.now()
    asked: dict[str, Any] = {
        "region": settings.region,
        "facts": facts,
        "now": now,
        "tags_of": platform.resource_tags.of,
    }

    def caller_may(action: str, resource: str) -> bool:
        return may(caller, platform.records, action, resource, **asked)

    return Context(
        caller=caller,
        account=settings.account,
        region=settings.region,
        records=platform.records,
        tags=platform.tags,
        links=platform.links,
        blobs=platform.blobs,
        logs=platform.logs,
        metrics=platform.metrics,
        keyring=platform.keyring,
        kept_keys=platform.keys,
        machines=platform.machines,
        reading=platform.reading,
        now=platform.now,
        server_url=facts.server_url,
        may=caller_may,
        role_may=RoleMay(platform.records, account=settings.account, **asked),
    )
