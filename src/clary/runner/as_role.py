"""The server as its own client, in the name of a job's role: what the role may not do is not done."""

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
    """A connection to ourselves. host, agent: one of the job's, and its credentials.

    Not for the loop's thread, which has to answer. Raises ServiceError, and ClientError after ``PATIENCE_S``.
    """
    own = Credentials(agent.access_key_id, agent.secret_access_key, agent.session_token)
    with closing(_patient(endpoint, own)) as asking:
        answer = asking.operation("RoleCredentials", {"Host": str(host)})
    role = Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
    return _patient(endpoint, role)


def _patient(endpoint: Endpoint, credentials: Credentials) -> Service:
    """A connection that gives up: a server that is going away would be asked by itself for ever."""
    until = time.monotonic() + PATIENCE_S

    def present() -> Credentials:
        if time.monotonic() > until:
            raise ClientError("the server does not answer")
        return credentials

    return Service(endpoint.url, endpoint.region, present, patience_s=PATIENCE_S)
