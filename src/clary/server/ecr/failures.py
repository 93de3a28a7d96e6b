"""Errors in the registry's protocol, which docker and podman show to their users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from clary.domain.errors import Denied, PlatformError, Unauthenticated
from clary.server.browser_guard import GUARD
from clary.wire.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = {"docker-distribution-api-version": "registry/2.0", **GUARD}

_CODES = {
    "RepositoryNotFoundException": (404, "NAME_UNKNOWN"),
    "ImageNotFoundException": (404, "MANIFEST_UNKNOWN"),
    "ImageTagAlreadyExistsException": (400, "TAG_INVALID"),
    "RequestEntityTooLarge": (413, "SIZE_INVALID"),
    "RegistryNotInstalledException": (404, "UNSUPPORTED"),
}


class RegistryRefusal(PlatformError):
    """An error that only this protocol has. ``code`` is the protocol's."""

    code, http_status = "UNSUPPORTED", 400


def failure(error: PlatformError) -> HttpResponse:
    """Returns an error as the registry's protocol has it."""
    status, code = _CODES.get(error.code, (error.http_status, error.code))
    headers: Mapping[str, str] = {}
    if isinstance(error, Unauthenticated):
        status, code = 401, "UNAUTHORIZED"
        headers = {"www-authenticate": 'Basic realm="Clary"'}
    elif isinstance(error, Denied):
        status, code = 403, "DENIED"
    body = orjson.dumps({"errors": [{"code": code, "message": error.message, "detail": None}]})
    return HttpResponse(status, {"content-type": "application/json", **VERSION, **headers}, body)
