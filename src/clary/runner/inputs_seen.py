"""What a job finds where its inputs lie, as it starts: its source, channels and checkpoint, known by content.

``trace`` and ``rerun`` compare it with what lies there later. Listed as the job's role, which has to read
them anyway; an input that it may not list is left out.
"""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

from clary.domain.content import MOST_OBJECTS, content_of
from clary.host.client.s3 import S3, S3Uri
from clary.host.client.service import ServiceError
from clary.host.errors import ClientError

from .as_role import as_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.domain.hosts import AgentCredentials, Endpoint, HostName

log = logging.getLogger("clary.runner")


def inputs_seen(
    places: Mapping[str, str], host: HostName, agent: AgentCredentials, endpoint: Endpoint
) -> dict[str, str]:
    """Name of an input to its content. Raises nothing; takes as long as ``as_role`` is patient.

    places: name of an input to its URI.
    """
    seen: dict[str, str] = {}
    if not places:
        return seen
    try:
        with closing(as_role(host, agent, endpoint)) as service:
            for name, uri in places.items():
                try:
                    seen[name] = _content(S3(service), S3Uri.parse(uri))
                except ServiceError as error:
                    log.info("%s: its input %s could not be listed: %s", host, name, error)
    except (ClientError, ServiceError, OSError, ValueError) as error:
        log.info("%s: its inputs could not be listed: %s", host, error)
    return seen


def _content(s3: S3, uri: S3Uri) -> str:
    found = []
    for item in s3.list_objects(uri.bucket, uri.key):
        found.append((item.key, item.etag))
        if len(found) > MOST_OBJECTS:
            break
    return content_of(uri.key, found)
