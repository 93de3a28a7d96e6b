from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.host.standin import Standin

from clary.domain.identity import Credentials
from clary.host.client.objects import ObjectSource
from clary.host.client.service import Service

ROLE = "arn:aws:iam::000000000000:role/trainer"


@pytest.fixture
def service(standin: Standin) -> Callable[[], Service]:
    return lambda: Service(standin.url, "us-east-1", lambda: Credentials("A", "s"))


@pytest.fixture
def source(standin: Standin, service: Callable[[], Service]) -> Iterator[ObjectSource]:
    """Of a host on the machine of the server."""
    source = ObjectSource(service, service, "job/algo-1", ROLE, stored=str(standin.folder))
    yield source
    source.close()


@pytest.fixture
def remote(service: Callable[[], Service]) -> Iterator[ObjectSource]:
    """Of a host on another machine, where no stored object is a file."""
    source = ObjectSource(service, service, "job/algo-1", ROLE)
    yield source
    source.close()
