"""A client of this server with the credentials of a job's role, so that the role's permissions apply."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from clary.domain.identity import Credentials
from clary.host.client.service import Service
from clary.host.errors import ClientError

if TYPE_CHECKING:
    from clary.domain.hosts import AgentCredentials, Endpoint, HostName

PATIENCE_S = 15.0


def as_role(host: HostName, agent: AgentCredentials, endpoint: Endpoint) -> Service:
    """Returns a connection to this server. host: one of the job's. agent: the credentials of its agent.

    Must not be called in the thread that serves requests. Raises ServiceError, and ClientError after
    ``PATIENCE_S``.
    """
    own = Credentials(agent.access_key_id, agent.secret_access_key, agent.session_token)
    with closing(_patient(endpoint, own)) as asking:
        answer = asking.operation("RoleCredentials", {"Host": str(host)})
    role = Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
    return _patient(endpoint, role)


def _patient(endpoint: Endpoint, credentials: Credentials) -> Service:
    """A connection with a time limit: a server that shuts down would otherwise wait for itself."""
    until = time.monotonic() + PATIENCE_S

    def present() -> Credentials:
        if time.monotonic() > until:
            raise ClientError("the server does not answer")
        return credentials

    return Service(endpoint.url, endpoint.region, present, patience_s=PATIENCE_S)
