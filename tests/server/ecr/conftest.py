"""A server in a thread of the test process, with a registry server behind it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config
from tests.server.conftest import Served, serving
from tests.server.ecr.images import RegistryClient

from clary.server.ecr.program import HOW_TO_INSTALL, registry_program
from clary.server.ecr.registry_server import RegistryServer
from clary.server.machines import ThisMachine


@dataclass(frozen=True, slots=True)
class Registry:
    """One server. ``ecr``: boto3's client of root."""

    served: Served
    ecr: Any

    @property
    def server(self) -> RegistryServer:
        return cast("ThisMachine", self.served.platform.machines).registry

    def login(self, client: Any = None) -> RegistryClient:
        data = (client or self.ecr).get_authorization_token()["authorizationData"][0]
        user, password = base64.b64decode(data["authorizationToken"]).decode().split(":")
        assert user == "AWS"
        return RegistryClient(self.served.host, self.served.port, password)

    def client(self, service: str, key: str, secret: str, token: str | None = None) -> Any:
        return _client(self.served, service, key, secret, token)


def _client(served: Served, service: str, key: str, secret: str, token: str | None = None) -> Any:
    return boto3.client(
        service,
        endpoint_url=f"http://{served.host}:{served.port}",
        region_name=served.platform.settings.region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    if not registry_program():
        pytest.skip(f"no registry server: {HOW_TO_INSTALL}")
    folder = tmp_path_factory.mktemp("registry")
    with serving(folder / "home", folder / "environments") as served:
        ecr = _client(served, "ecr", served.keys.access_key, served.keys.secret_key)
        yield Registry(served, ecr)
