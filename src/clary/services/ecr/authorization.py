"""The password for ``docker login``."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document

VALID_S = 12 * 3600.0
USER = "AWS"


def get_authorization_token(ctx: Context, request: Mapping[str, Any]) -> Document:
    """Returns a password with the rights of the caller, for images only, valid for 12 hours."""
    ctx.machines.check_registry()
    registries = request.get("registryIds", [ctx.account])
    if set(registries) != {ctx.account}:
        raise errors.invalid(f"registryIds: the registry of this server is {ctx.account}; leave it out")
    password, expires_at = ctx.keyring.registry_password(ctx.caller, VALID_S)
    token = base64.b64encode(f"{USER}:{password}".encode()).decode()
    data = {"authorizationToken": token, "expiresAt": expires_at, "proxyEndpoint": ctx.server_url}
    return {"authorizationData": [data for _ in registries]}
